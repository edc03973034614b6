internal import Linux
internal import LoggerProtocol

/// One pipe, and what becomes of what comes out of it.
struct LogStream {
  /// What does not change. Held by itself: a copy of the whole stream, for as long as it is held,
  /// makes each change of the pipeline copy the buffers in there.
  struct Source {
    /// The read end.
    let descriptor: Int32
    let number: UInt32
    /// A number may be given away anew; an event for its earlier owner must not be read as one for
    /// this: the read would wait for ever.
    let generation: UInt32
    /// For messages, and for lines that reach the container's log instead of a file.
    let origin: LogOrigin
    let places: [SinkTable.Place]
    /// The main log's, at `loglevel=debug`.
    let copies: [SinkTable.Place]

    /// Every place that is written to.
    var allPlaces: [SinkTable.Place] { copies.isEmpty ? places : places + copies }
  }

  let source: Source
  var pipeline: StreamPipeline
  /// Not read while a place it goes to is stuck: its program then waits, as it would for the
  /// container's own stdout.
  var isPaused = false
  /// Since when the beginning of a raw line has waited for its end, on the monotonic clock.
  var heldSince: UInt64?
  /// Bytes since it was opened: read, and lost at a place.
  var read: UInt64 = 0
  var dropped: UInt64 = 0

  private var hasFailedToRead = false

  /// True the first time.
  mutating func noteReadFailure() -> Bool {
    defer { hasFailedToRead = true }
    return !hasFailedToRead
  }

  /// When it was last read, on the monotonic clock.
  private(set) var lastRead: UInt64 = 0
  /// A point in what is still in the pipe.
  struct Mark {
    enum Kind { case began, exited }

    var kind: Kind
    var pid: Int32
    /// After how many more bytes.
    var after: Int
  }

  /// Where processes have begun or ended while older output was in the pipe, in that order.
  private var marks: [Mark] = []

  mutating func willRead() { lastRead = monotonicNanoseconds() }

  /// A new process; said by itself and by PID 1, in whatever order. What was read since then are
  /// the old words, of which one read leaves none.
  mutating func began(_ pid: Int32, unread: Int, at time: UInt64) -> Bool {
    if marks.contains(where: { $0.kind == .began && $0.pid == pid }) { return false }
    guard unread > 0, lastRead < time else {
      marks.removeAll()
      return true
    }
    if pipeline.pid != pid { marks.append(Mark(kind: .began, pid: pid, after: unread)) }
    return false
  }

  /// The process has ended. True: all that it has written has been read; else the end is noted
  /// behind what is still in the pipe.
  mutating func exited(_ pid: Int32, unread: Int, at time: UInt64) -> Bool {
    guard unread > 0, lastRead < time else { return pipeline.pid == pid }
    marks.append(Mark(kind: .exited, pid: pid, after: unread))
    return false
  }

  /// The next mark within the next bytes, which is taken away.
  mutating func nextMark(within count: Int) -> Mark? {
    guard let first = marks.first, first.after <= count else { return nil }
    return marks.removeFirst()
  }

  mutating func passed(_ count: Int) {
    for index in marks.indices { marks[index].after -= count }
  }

  init(_ source: Source, _ pipeline: StreamPipeline) {
    self.source = source
    self.pipeline = pipeline
  }
}

extension StreamDescription {
  /// Only where every place is a terminal: colours in a file are noise.
  var isForTerminal: Bool {
    guard format == .prefix, ThisProcess.variable("NO_COLOR") == nil else { return false }
    return targets.allSatisfy { target in
      guard case .descriptor(let number) = target else { return false }
      return isTerminal(number)
    }
  }
}
