internal import GatewayProtocol
internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// What we and the logger have to say to each other.
extension Kernel {
  mutating func tellLogger(
    _ message: LoggerMessage, passing descriptor: Int32? = nil, closing: Bool = false
  ) {
    tell(.logger, message.encoded, passing: descriptor, closing: closing)
  }

  mutating func introduceLogger() {
    _ = output.takeUnopened()
    for path in output.madeFiles.keys.sorted() {
      tellLogger(.file(.made(path: path, output.madeFiles[path])))
    }
    for stream in output.streams.indices {
      // What was left of those that are closed has gone with the last logger.
      output.streams[stream].isClosed ? output.ended(stream) : openAtLogger(stream)
    }
    connectLoggerToEvents()
  }

  mutating func openAtLogger(_ stream: Int) {
    let entry = output.streams[stream]
    guard !entry.isClosed else { return }
    tellLogger(.open(stream: UInt32(stream), entry.description), passing: entry.read)
    if let id = entry.instance, let pid = children.pid(of: id) {
      let mine = Beginning.Stream(number: UInt32(stream), unread: 0)
      tellLogger(.began(Beginning(streams: [mine], at: 0, pid: pid)))
    }
  }

  /// Before it is reaped, and before its successor is started: what it has written is in its pipes.
  mutating func reportExitToLogger(of id: InstanceID, pid: Int32) {
    let numbers = output.numbers(of: id)
    guard !numbers.isEmpty, helpers[.logger].link.isRunning else { return }
    tellLogger(.exited(output.beginning(of: numbers, pid: pid)))
  }

  /// Its program is gone for good: the logger writes what is left, and forgets it.
  mutating func closeStream(_ stream: Int) {
    let entry = output.close(stream)
    ledger[entry.description.label].logs[entry.channel, default: LogCount()].add(entry.count)
    closeDescriptor(entry.read)
    closeDescriptor(entry.write)
  }

  /// supervisord's line at `loglevel=debug`. Scripts expect it behind the last output of the child,
  /// which the logger copies, so the logger writes the line.
  mutating func reportChildSignal() {
    let text = "received SIGCHLD indicating a child quit"
    guard !output.copies.isEmpty, helpers[.logger].link.isRunning else {
      return narrator.say(.debug, text)
    }
    tellLogger(.mainLog("\(WallTime.now().mainLogStamp) DEBG \(text)\n", output.copies))
  }

  mutating func reopenLogs() { tellLogger(.reopen) }

  mutating func heard(_ message: LoggerMessage) {
    switch message {
    case .file(let message): heard(message)
    case .ready(let stream):
      guard Int(stream) < output.streams.count else { return }
      if let id = output.streams[Int(stream)].instance { deliver(.announcedReadiness(id)) }
    case .failed(_, let error, let path):
      narrator.say(.error, "cannot log to \(path): \(Errno(code: error).message)")
    case .ended(let stream): output.ended(Int(stream))
    case .eventsLost(let count):
      ledger.eventsLost &+= count
      narrator.say(.warning, "\(count) events lost: the events role did not take them in time")
    case .notCompressed(let path, let reason):
      narrator.say(.warning, "cannot compress \(path), which stays as it is: \(reason)")
    case .cleared(let request, let error): logCleared(request, Errno(code: error))
    case .counted(let counts, let isLast):
      for count in counts { output.note(count) }
      if isLast { finishScrapes() }
    case .open, .began, .exited, .reopen, .clear, .events, .count, .mainLog, .finish: break
    }
  }

  private mutating func heard(_ message: LogFileMessage) {
    switch message {
    case .opened(let request, let error):
      logOpened(request, error == 0 ? nil : Errno(code: error))
    case .refused(let path, let reason):
      narrator.say(
        .error, "cannot log to \(path): \(reason); its lines go to the container's stderr")
    case .warning(let text): narrator.say(.warning, text)
    case .made(let path, let number): output.noteMade(path, number)
    case .open, .remove, .removeAutomatic, .makeAutomatic: break
    }
  }

  /// The programs are down. The logger writes what is in its pipes and ends; so does the gateway
  /// with its answers, the one to whoever has asked for the shutdown among them.
  mutating func flushOutput() {
    guard !isFlushed else { return events.append(.outputFlushed) }
    for kind in [HelperKind.logger, .gateway] { expectEnd(of: kind) }
    drainToLogger()
    tellLogger(.finish)
    tell(.gateway, GatewayMessage.finish.encoded)
  }

  var isFlushed: Bool { !helpers[.logger].link.isRunning && !helpers[.gateway].link.isRunning }
}
