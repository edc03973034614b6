internal import Linux
internal import LoggerProtocol

/// The read end of one pipe, and what becomes of what comes out of it.
struct LogStream {
  let descriptor: Int32
  let number: UInt32
  let description: StreamDescription
  let places: [SinkTable.Place]
  var format: LineFormat
  var watch: TextWatch
  /// Not read while a place it goes to is stuck: its program then waits, as it would for the
  /// container's own stdout.
  var isPaused = false

  init(
    _ descriptor: Int32, _ number: UInt32, _ description: StreamDescription,
    _ places: [SinkTable.Place], width: Int
  ) {
    self.descriptor = descriptor
    self.number = number
    self.description = description
    self.places = places
    format = LineFormat(description, width: width, isColoured: description.isForTerminal)
    watch = TextWatch(description.readyText)
  }

  /// Said by the child and by PID 1, in whatever order.
  mutating func began(_ pid: Int32) {
    guard format.pid != pid else { return }
    format.pid = pid
    watch.restart()
  }
}

extension StreamDescription {
  /// Only where every place is a terminal: colours in a file are noise.
  fileprivate var isForTerminal: Bool {
    guard format == .prefix, ThisProcess.variable("NO_COLOR") == nil else { return false }
    return targets.allSatisfy { target in
      guard case .descriptor(let number) = target else { return false }
      return isTerminal(number)
    }
  }
}
