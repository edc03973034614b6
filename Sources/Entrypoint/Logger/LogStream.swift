internal import Linux
internal import LoggerProtocol

/// The read end of one pipe, and what becomes of what comes out of it.
struct LogStream {
  let descriptor: Int32
  let number: UInt32
  /// A number may be given away anew; an event for its earlier owner must not be read as one for
  /// this: the read would wait for ever.
  let generation: UInt32
  let places: [SinkTable.Place]
  var pipeline: StreamPipeline
  /// Not read while a place it goes to is stuck: its program then waits, as it would for the
  /// container's own stdout.
  var isPaused = false

  init(
    _ descriptor: Int32, _ number: UInt32, generation: UInt32, _ places: [SinkTable.Place],
    _ pipeline: StreamPipeline
  ) {
    self.descriptor = descriptor
    self.number = number
    self.generation = generation
    self.places = places
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
