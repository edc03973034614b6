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
    let places: [SinkTable.Place]
  }

  let source: Source
  var pipeline: StreamPipeline
  /// Not read while a place it goes to is stuck: its program then waits, as it would for the
  /// container's own stdout.
  var isPaused = false

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
