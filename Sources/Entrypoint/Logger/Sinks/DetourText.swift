internal import Linux
internal import LoggerProtocol
internal import SafeText

/// The stream whose output is written to a place.
struct LogOrigin {
  /// The program's name, with its group's.
  var label: String
  var format: StreamDescription.Format
}

/// Output of a program that was to go to a file and is shown in the container's log instead.
///
/// The program's user can bring this about, so the output must not look like lines of other
/// programs or of the supervisor: each line begins with the program's name, and control characters
/// are escaped. A line of JSON has both already.
enum DetourText {
  private static let newline = UInt8(ascii: "\n")

  /// The last line gets an end if it has none.
  static func lines(_ bytes: ArraySlice<UInt8>, of origin: LogOrigin) -> [UInt8] {
    guard origin.format != .json else { return Array(bytes) }
    let prefix = origin.format == .raw ? Array("\(origin.label) | ".utf8) : []
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + bytes.count / 8)
    var rest = bytes
    while !rest.isEmpty {
      let line = rest.prefix { $0 != newline }
      text += prefix
      text += String(system: Array(line)).escapingControlsInLines.utf8
      text.append(newline)
      rest = rest[line.endIndex...].dropFirst()
    }
    return text
  }
}
