internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// The logger: started when the first stream needs it, and again whenever it dies.
extension Kernel {
  /// Where a logger finds its channel.
  private static let channelNumber: Int32 = 3

  /// Not while it is held back after having died again and again.
  mutating func startLoggerIfNeeded() {
    guard output.needsLogger, !logger.isRunning, loggerLife.dueAt == nil else { return }
    restartLogger()
  }

  mutating func restartLogger() {
    loggerLife.began(at: Kernel.now)
    do { try startLogger() } catch {
      narrator.say(.critical, "cannot start the logger: \(error.message)")
      loggerLife.ended(at: Kernel.now)
    }
  }

  private mutating func startLogger() throws(Errno) {
    let channel = try makeMessageChannel()
    defer { closeDescriptor(channel.theirs) }
    var streams = Launch.Streams(input: nil, output: 1, error: 2)
    streams.extra = (channel.theirs, Kernel.channelNumber)
    let launch = Launch(recipes.role(["entrypoint: logger"]))
    let pid: Int32
    do { pid = try startHelper(launch, streams) } catch {
      closeDescriptor(channel.ours)
      throw error
    }
    children.add(pid, .logger)
    logger.attach(channel: channel.ours, pid: pid)
    loggerToken = try watch(channel.ours, .logger)
    for stream in output.streams.indices { openAtLogger(stream) }
  }

  mutating func openAtLogger(_ stream: Int) {
    guard logger.isRunning else { return }
    let entry = output.streams[stream]
    guard !entry.isClosed else { return }
    logger.send(.open(stream: UInt32(stream), entry.description), passing: entry.read)
    if let id = entry.instance, let pid = children.pid(of: id) {
      logger.send(.pid(streams: [UInt32(stream)], pid))
    }
    waitUntilLoggerListens()
  }

  /// Its program is gone for good: the logger writes what is left, and forgets it.
  mutating func closeStream(_ stream: Int) {
    let entry = output.close(stream)
    closeDescriptor(entry.read)
    closeDescriptor(entry.write)
  }

  mutating func reopenLogs() {
    logger.send(.reopen)
    waitUntilLoggerListens()
  }

  /// While the channel is full its becoming writable wakes the loop; else nothing does.
  private mutating func waitUntilLoggerListens() {
    guard let channel = logger.channel, let loggerToken else { return }
    let interest: Interest = logger.hasBacklog ? [.readable, .writable] : .readable
    try? poller.change(channel, interest, loggerToken)
  }

  mutating func talkToLogger() {
    logger.flush()
    waitUntilLoggerListens()
    do {
      while let message = try logger.receive(&buffer) { heard(message) }
    } catch {
      // Its end of the channel is closed: SIGCHLD says the rest.
      guard error != .wouldBlock, let channel = logger.channel, let loggerToken else { return }
      poller.remove(channel)
      forgetLogger(loggerToken)
    }
  }

  private mutating func forgetLogger(_ token: Token) {
    if let channel = logger.channel { unwatch(channel, token) }
    loggerToken = nil
  }

  private mutating func heard(_ message: LoggerMessage) {
    switch message {
    case .ready(let stream):
      guard Int(stream) < output.streams.count else { return }
      if let id = output.streams[Int(stream)].instance { deliver(.announcedReadiness(id)) }
    case .failed(_, let error, let path):
      narrator.say(.error, "cannot log to \(path): \(Errno(code: error).message)")
    case .eventsLost(let count):
      narrator.say(.warning, "\(count) events lost: the events role did not take them in time")
    case .open, .pid, .reopen, .clear, .cleared, .events, .finish: break
    }
  }

  mutating func loggerEnded(_ child: EndedChild) {
    if let loggerToken { forgetLogger(loggerToken) }
    logger.detach()
    if fleet.phase == .flushing { return deliver(.outputFlushed) }
    guard fleet.phase != .sweeping, fleet.phase != .finished else { return }
    loggerLife.ended(at: Kernel.now)
    narrator.say(.critical, "the logger ended (\(ExitStatus(child.how).text)); starting it again")
    startDueHelpers()
  }

  /// The programs are down. The logger writes what is in its pipes and ends.
  mutating func flushOutput() {
    guard logger.isRunning else { return pending.append(.outputFlushed) }
    logger.send(.finish)
    waitUntilLoggerListens()
  }
}
