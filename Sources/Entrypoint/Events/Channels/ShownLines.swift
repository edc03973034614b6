internal import SafeText

/// Output of programs that result handlers print, as the logger shows such output on a detour: each
/// line begins with the program's name, and control characters are escaped. Otherwise a program
/// could forge lines of other programs or of the supervisor in the container's log.
///
/// The beginning of a line waits for its end, which comes with a later result, but no longer than a
/// second.
/// Times are of a monotonic clock, in nanoseconds.
struct ShownLines {
  static let longestHold: UInt64 = 1_000_000_000
  /// In bytes; a longer line is shown in pieces.
  static let longestLine = 16 << 10
  /// A listener decides what names it returns.
  static let maxWaiting = 64
  private static let newline = UInt8(ascii: "\n")

  private struct Beginning {
    var name: [UInt8]
    var text: [UInt8]
    var since: UInt64
  }

  /// Oldest first.
  private var beginnings: [Beginning] = []

  /// When `release` is due; nil: nothing waits.
  var nextRelease: UInt64? { beginnings.first.map { $0.since &+ ShownLines.longestHold } }

  /// What is shown now of the output of a program and channel, which `name` names.
  mutating func take(_ bytes: [UInt8], of name: [UInt8], at now: UInt64) -> [UInt8] {
    var shown: [UInt8] = []
    var rest = bytes[...]
    if let index = beginnings.firstIndex(where: { $0.name == name }) {
      rest = (beginnings.remove(at: index).text + bytes)[...]
    }
    while let end = rest.firstIndex(of: ShownLines.newline) {
      append(rest[..<end], of: name, to: &shown)
      rest = rest[(end + 1)...]
    }
    while rest.count > ShownLines.longestLine {
      append(rest.prefix(ShownLines.longestLine), of: name, to: &shown)
      rest = rest.dropFirst(ShownLines.longestLine)
    }
    guard !rest.isEmpty else { return shown }
    if beginnings.count == ShownLines.maxWaiting { showFirst(&shown) }
    beginnings.append(Beginning(name: name, text: Array(rest), since: now))
    return shown
  }

  /// The beginnings of lines that have waited long enough, each with a line end.
  mutating func release(at now: UInt64) -> [UInt8] {
    var shown: [UInt8] = []
    while let due = nextRelease, due <= now { showFirst(&shown) }
    return shown
  }

  /// No result has been read for a while, because the reader of stdout was stuck.
  mutating func restartWaiting(at now: UInt64) {
    for index in beginnings.indices { beginnings[index].since = now }
  }

  private mutating func showFirst(_ shown: inout [UInt8]) {
    let first = beginnings.removeFirst()
    append(first.text[...], of: first.name, to: &shown)
  }

  private func append(
    _ line: ArraySlice<UInt8>, of name: [UInt8], to shown: inout [UInt8]
  ) {
    shown.appendEscapingControlsInLines(name[...])
    shown.appendEscapingControlsInLines(line)
    shown.append(ShownLines.newline)
  }
}
