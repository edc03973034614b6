internal import Linux
internal import LoggerProtocol

/// One line as an object:
///
///     {"time":"2026-11-21T01:25:38.196004711Z","program":"web","instance":0,"group":"web",
///      "stream":"stdout","pid":42,"message":"up"}
///
/// What is the same in every line is laid out once, so that a line takes no memory but its own.
struct JSONLine {
  private let identity: [UInt8]
  private var process: [UInt8] = []
  private var stamp = TimeStamp()

  init(_ description: StreamDescription) {
    var bytes: [UInt8] = []
    bytes.appendText("\",\"program\":\"")
    bytes.appendEscaped(Array(description.program.utf8)[...])
    bytes.appendText("\",\"instance\":\(description.instance),\"group\":\"")
    bytes.appendEscaped(Array(description.groupName.utf8)[...])
    bytes.appendText("\",\"stream\":\"\(description.isError ? "stderr" : "stdout")\",\"pid\":")
    identity = bytes
    began(0)
  }

  mutating func began(_ pid: Int32) { process = Array("\(pid),\"message\":\"".utf8) }

  /// A piece of a line that is too long, or that nobody has finished, is marked as such.
  mutating func write(
    _ line: ArraySlice<UInt8>, isPartial: Bool, at time: WallTime, into output: inout [UInt8]
  ) {
    output.appendText("{\"time\":\"")
    stamp.append(time, to: &output)
    output += identity
    output += process
    let endsInReturn = !isPartial && line.last == UInt8(ascii: "\r")
    output.appendEscaped(endsInReturn ? line.dropLast() : line)
    output.appendText(isPartial ? "\",\"partial\":true}\n" : "\"}\n")
  }
}

/// RFC 3339 with nanoseconds. Loki takes two equal lines of one time for one line, and programs
/// write more than one in a millisecond.
struct TimeStamp {
  private var second = Int64.min
  private var text: [UInt8] = []

  mutating func append(_ time: WallTime, to output: inout [UInt8]) {
    if time.seconds != second {
      text = Array(time.rfc3339Second.utf8)
      second = time.seconds
    }
    output += text
    output.append(UInt8(ascii: "."))
    var unit: Int32 = 100_000_000
    while unit > 0 {
      output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: time.nanoseconds / unit % 10))
      unit /= 10
    }
    output.append(UInt8(ascii: "Z"))
  }
}
