internal import Linux
internal import LoggerProtocol

/// The logger's one loop: messages from PID 1, output of programs, and outlets that can take more.
///
/// What has been read is written before anything else is read, so that a logger that is killed
/// takes one buffer with it at the most. What it had not read is still in the pipes, which PID 1
/// keeps.
struct LoggerLoop: ~Copyable {
  /// Reading less often costs less; larger reads than a pipe holds bring nothing.
  private static let bufferSize = 64 << 10
  private static let channelSlot: UInt32 = 0
  private static let outletSlot: UInt32 = 1 << 16

  private let channel: Int32
  private var poller: Poller
  private var streams: [LogStream?] = []
  private var sinks = SinkTable()
  private var watchedOutlets: Set<Int> = []
  private var buffer = [UInt8](repeating: 0, count: LoggerLoop.bufferSize)
  private var formatted: [UInt8] = []
  private var width = 0
  private var isFinished = false

  init(channel: Int32) throws(Errno) {
    self.channel = channel
    formatted.reserveCapacity(2 * LoggerLoop.bufferSize)
    poller = try Poller()
  }

  mutating func run() {
    try? poller.add(channel, .readable, Token(slot: LoggerLoop.channelSlot, generation: 0))
    while !isFinished {
      let count = (try? poller.wait()) ?? 0
      // Messages first: whose lines they are is said before the lines are written.
      for index in 0..<count where isChannel(index) { readMessages() }
      for index in 0..<count where !isChannel(index) { handle(poller.event(index)) }
    }
    drain()
  }

  private func isChannel(_ index: Int) -> Bool {
    poller.event(index).token.slot == LoggerLoop.channelSlot
  }

  private mutating func handle(_ event: Poller.Event) {
    switch event.token.slot {
    case LoggerLoop.outletSlot...: outletTakesMore(Int(event.token.slot - LoggerLoop.outletSlot))
    default: read(Int(event.token.slot) - 1)
    }
  }

  private mutating func readMessages() {
    do throws(Errno) {
      while true {
        let (count, passed) = try receiveMessage(channel, into: &buffer)
        guard count > 0 else {
          isFinished = true
          return
        }
        heard(LoggerMessage(buffer[..<count]), passed)
      }
    } catch {
      if error != .wouldBlock { isFinished = true }
    }
  }

  private mutating func heard(_ message: LoggerMessage?, _ passed: Int32?) {
    switch message {
    case .open(let number, let description):
      if let passed { return open(number, description, passed) }
    case .pid(let numbers, let pid):
      for number in numbers where Int(number) < streams.count {
        streams[Int(number)]?.began(pid)
      }
    case .reopen: sinks.reopen()
    case .finish: isFinished = true
    case .ready, .failed, nil: break
    }
    if let passed { closeDescriptor(passed) }
  }

  private mutating func open(
    _ number: UInt32, _ description: StreamDescription, _ descriptor: Int32
  ) {
    guard number < LoggerLoop.outletSlot - 1 else { return closeDescriptor(descriptor) }
    while streams.count <= Int(number) { streams.append(nil) }
    let places = description.targets.map { sinks.place($0, description) }
    if description.format == .prefix { width = max(width, description.label.utf8.count) }
    streams[Int(number)] = LogStream(descriptor, number, description, places, width: width)
    for place in places { report(sinks.prepare(place), number) }
    resume(Int(number))
  }

  private func token(_ stream: Int) -> Token { Token(slot: UInt32(stream + 1), generation: 0) }

  private mutating func read(_ index: Int) {
    guard let stream = streams[index], !stream.isPaused else { return }
    guard let count = try? readBytes(stream.descriptor, into: &buffer), count > 0 else {
      poller.remove(stream.descriptor)
      return
    }
    take(count, index)
    if stream.places.contains(where: sinks.isStuck) { pause(index) }
  }

  private mutating func take(_ count: Int, _ index: Int) {
    formatted.removeAll(keepingCapacity: true)
    streams[index]?.format.take(buffer[..<count], into: &formatted)
    if streams[index]?.watch.sees(buffer[..<count]) == true {
      tell(.ready(stream: UInt32(index)))
    }
    write(index)
  }

  private mutating func write(_ index: Int) {
    guard !formatted.isEmpty, let stream = streams[index] else { return }
    for place in stream.places { report(sinks.write(formatted, to: place), stream.number) }
  }

  private func report(_ failure: (path: String, error: Errno)?, _ stream: UInt32) {
    guard let failure else { return }
    tell(.failed(stream: stream, error: failure.error.code, path: failure.path))
  }

  private func tell(_ message: LoggerMessage) { try? sendMessage(channel, message.encoded) }

  /// Its program waits until there is room; the other streams go on.
  private mutating func pause(_ index: Int) {
    guard let stream = streams[index] else { return }
    streams[index]?.isPaused = true
    poller.remove(stream.descriptor)
    for case .outlet(let outlet) in stream.places where sinks.isStuck(.outlet(outlet)) {
      guard watchedOutlets.insert(outlet).inserted else { continue }
      let slot = LoggerLoop.outletSlot + UInt32(outlet)
      let token = Token(slot: slot, generation: 0)
      try? poller.add(sinks.outlets[outlet].descriptor, .writable, token)
    }
  }

  private mutating func outletTakesMore(_ index: Int) {
    sinks.flush(index)
    guard !sinks.isStuck(.outlet(index)) else { return }
    poller.remove(sinks.outlets[index].descriptor)
    watchedOutlets.remove(index)
    for stream in streams.indices where streams[stream]?.isPaused == true {
      guard let places = streams[stream]?.places, !places.contains(where: sinks.isStuck) else {
        continue
      }
      resume(stream)
    }
  }

  private mutating func resume(_ index: Int) {
    guard let stream = streams[index] else { return }
    streams[index]?.isPaused = false
    try? poller.add(stream.descriptor, .readable, token(index))
  }

  /// The programs are down: what is in the pipes is all there will be.
  private mutating func drain() {
    for index in streams.indices {
      guard let stream = streams[index] else { continue }
      while (try? waitFor(stream.descriptor, .readable, milliseconds: 0)) == true,
        let count = try? readBytes(stream.descriptor, into: &buffer), count > 0
      {
        take(count, index)
        waitForOutlets(stream)
      }
      formatted.removeAll(keepingCapacity: true)
      streams[index]?.format.finish(into: &formatted)
      write(index)
      waitForOutlets(stream)
    }
  }

  /// PID 1 ends us when this takes too long.
  private mutating func waitForOutlets(_ stream: LogStream) {
    for case .outlet(let index) in stream.places {
      while sinks.isStuck(.outlet(index)) {
        _ = try? waitFor(sinks.outlets[index].descriptor, .writable, milliseconds: nil)
        sinks.flush(index)
      }
    }
  }
}
