internal import Linux
internal import LoggerProtocol

/// The logger's one loop: messages from PID 1, output of programs, and outlets that can take more.
///
/// What has been read is written before anything else is read, so that a logger that is killed
/// takes one buffer with it at the most, and beginnings of lines that waited for their ends. What
/// it had not read is still in the pipes, which PID 1 keeps.
struct LoggerLoop: ~Copyable {
  /// Reading less often costs less; larger reads than a pipe holds bring nothing.
  private static let bufferSize = LoggerMessage.longest

  /// What an event of the poller is about, as the slot of its token.
  enum Slot {
    static let channel: UInt32 = 0
    static let events: UInt32 = 1
    static let children: UInt32 = 2
    static let midnight: UInt32 = 3
    static let streams: UInt32 = 4
    static let places: UInt32 = 1 << 16
    static let mostStreams = places - streams
  }

  let channel: Int32
  var poller: Poller
  var streams: [LogStream?] = []
  var generations: UInt32 = 0
  var sinks = SinkTable()
  var watchedPlaces: Set<SinkTable.Place> = []
  var events = EventsLink()
  let children: SignalSource
  let midnight: WallTimer
  var buffer = readBuffer(size: LoggerLoop.bufferSize)
  var product = StreamPipeline.Product()
  var width = 0
  /// The first moment at which the beginning of a line has waited long enough; nil: none waits.
  var nextRelease: UInt64?
  var lineLimits = LineLimits()
  var isFinished = false

  init(channel: Int32) throws(Errno) {
    let poller = try Poller()
    let children = try SignalSource.ofChildren()
    let midnight = try WallTimer()
    self.channel = channel
    self.poller = poller
    self.children = children
    self.midnight = midnight
    product.text.reserveCapacity(2 * LoggerLoop.bufferSize)
  }

  mutating func run() {
    poller.addWaiting(channel, .readable, Token(slot: Slot.channel, generation: 0))
    watchRotation()
    while !isFinished {
      let now = nextDeadline == nil ? 0 : monotonicNanoseconds()
      let count = (try? poller.wait(milliseconds: millisecondsToDeadline(at: now))) ?? 0
      // Messages first: whose lines they are is said before the lines are written.
      for index in 0..<count where isChannel(index) { readMessages() }
      for index in 0..<count where !isChannel(index) { handle(poller.event(index)) }
      releaseLines(at: now)
      countLeftOutLines(at: now)
    }
    drain()
    countLeftOutLines(at: .max)
    sinks.compressor.abandon()
  }

  private func isChannel(_ index: Int) -> Bool { poller.event(index).token.slot == Slot.channel }

  private mutating func handle(_ event: Poller.Event) {
    switch event.token.slot {
    case Slot.places...: placeTakesMore(LoggerLoop.place(event.token.slot))
    case Slot.streams...: read(Int(event.token.slot - Slot.streams), event.token.generation)
    case Slot.midnight: dayHasTurned()
    case Slot.children: childHasEnded()
    default: eventsChannelChanged(event)
    }
  }

  func token(_ stream: LogStream.Source) -> Token {
    Token(slot: stream.number + Slot.streams, generation: stream.generation)
  }

  mutating func read(_ index: Int, _ generation: UInt32) {
    guard let stream = streams[index]?.source, stream.generation == generation,
      streams[index]?.isPaused == false
    else { return }
    do throws(Errno) {
      streams[index]?.willRead()
      let count = try readBytes(stream.descriptor, into: &buffer)
      guard count > 0 else { return end(index) }
      take(count, index)
    } catch {
      readFailed(error, index)
    }
  }

  /// The stream stays open and is read again: a pipe that is never read blocks its program once the
  /// pipe is full. Reported once for each stream.
  private mutating func readFailed(_ error: Errno, _ index: Int) {
    guard error != .wouldBlock else { return }
    // The pipe stays readable, so the loop would spin.
    pauseFor(milliseconds: 10)
    guard !error.isTransient, streams[index]?.noteReadFailure() == true else { return }
    let label = streams[index]?.source.origin.label ?? ""
    tell(.file(.warning("cannot read the output of \(label): \(error.message); trying again")))
  }

  private mutating func end(_ index: Int) {
    close(index)
    tell(.ended(stream: UInt32(index)))
  }

  private mutating func take(_ count: Int, _ index: Int) {
    streams[index]?.read &+= UInt64(count)
    noteSharing(index)
    product.clear()
    var start = 0
    while let mark = streams[index]?.nextMark(within: count - start) {
      pass(start..<(start + mark.after), index)
      start += mark.after
      switch mark.kind {
      case .began: streams[index]?.pipeline.began(mark.pid, into: &product)
      case .exited: streams[index]?.pipeline.exited(mark.pid, into: &product)
      }
      deliverLastLine(index)
      product.clear()
    }
    pass(start..<count, index)
    deliver(index)
  }

  private mutating func pass(_ range: Range<Int>, _ index: Int) {
    streams[index]?.pipeline.take(buffer[range], into: &product)
    streams[index]?.passed(range.count)
  }

  /// Everywhere the product of a stream is to go.
  mutating func deliver(_ index: Int) {
    guard let stream = streams[index]?.source else { return }
    noteHeld(index)
    if product.isReady { tell(.ready(stream: stream.number)) }
    write(product.text, to: stream.places, stream.origin)
    var whole = stream.origin
    whole.stream = nil
    write(product.copy, to: stream.copies, whole)
    if !product.text.isEmpty || !product.copy.isEmpty { noteDropped(index, stream) }
    resumeFreedStreams()
    compress()
    if !product.messages.isEmpty {
      report(sinks.send(product.messages), stream.number)
      streams[index]?.dropped &+= sinks.takeUnsent()
    }
    if !product.events.isEmpty { sendEvents() }
    if stream.allPlaces.contains(where: sinks.isStuck) { pause(index) }
  }

  private mutating func write(
    _ bytes: [UInt8], to places: [SinkTable.Place], _ origin: LogOrigin
  ) {
    guard !bytes.isEmpty else { return }
    for place in places {
      report(sinks.write(bytes, to: place, of: origin), origin.stream ?? 0)
    }
  }

  /// PID 1 may wait for the message (a program that is ready, a file that is cleared), and always
  /// reads, so the logger waits until the channel takes it.
  func tell(_ message: LoggerMessage) {
    let record = message.encoded
    do throws(Errno) {
      guard record.count <= LoggerMessage.longest else { throw .messageTooLong }
      try sendMessageWaiting(channel, record)
    } catch {
      // Without PID 1 there is no reader.
      guard !error.isLossOfPeer else { return }
      let text = "the logger cannot send a record of \(record.count) bytes: \(error.message)"
      try? sendMessageWaiting(channel, LoggerMessage.file(.warning(text)).encoded)
    }
  }

  /// Every write end of its pipe is closed, or its number has a new owner.
  mutating func close(_ index: Int) {
    guard let stream = streams[index]?.source else { return }
    finish(index)
    poller.remove(stream.descriptor)
    closeDescriptor(stream.descriptor)
    streams[index] = nil
    for place in stream.allPlaces { sinks.release(place) }
  }

  /// What the stream has held back is written.
  mutating func finish(_ index: Int) {
    product.clear()
    streams[index]?.pipeline.finish(into: &product)
    deliverLastLine(index)
  }

  /// The process has ended: what it has written needs no end of a line.
  mutating func deliverLastLine(_ index: Int) {
    deliver(index)
    guard let stream = streams[index]?.source else { return }
    for place in stream.places { report(sinks.finish(place, of: stream.origin), stream.number) }
  }

  /// The programs are down: what is in the pipes is all there will be.
  private mutating func drain() {
    for index in streams.indices {
      guard let stream = streams[index]?.source else { continue }
      while let count = readRest(stream.descriptor), count > 0 {
        take(count, index)
        wait(for: stream.allPlaces)
      }
      finish(index)
      wait(for: stream.allPlaces)
    }
    // Also of streams that have ended before.
    wait(for: Array(watchedPlaces))
    reportLostEvents(isEnd: true)
  }

  /// The number of bytes read from a pipe whose programs are down; zero: the pipe is empty; nil: it
  /// cannot be read.
  private mutating func readRest(_ descriptor: Int32) -> Int? {
    try? repeatingTransient { () throws(Errno) in
      guard try waitFor(descriptor, .readable, milliseconds: 0) else { return 0 }
      return try readBytes(descriptor, into: &buffer)
    }
  }

  /// PID 1 ends us when this takes too long.
  private mutating func wait(for places: [SinkTable.Place]) {
    for place in places {
      while sinks.isStuck(place), let descriptor = sinks.descriptor(place) {
        _ = try? waitFor(descriptor, .writable, milliseconds: nil)
        sinks.flush(place)
      }
    }
  }
}
