internal import XMLRPC

/// The piece of a log that a call asks for, before it is read.
struct LogExcerpt {
  /// nil: there is none, which is as good as an empty one.
  let log: Int32?
  let range: Range<Int>
  /// Of a `tail`: the size of the log, and whether there is more than was asked for.
  var surroundings: (size: Int, overflows: Bool)?

  /// Kept at once, with its copies on the way to the socket. Even where every byte becomes three
  /// or five in XML that stays far below what we may keep; what is longer is read as it is sent.
  private static let mostKept = 4 << 20

  var isLong: Bool { range.count > LogExcerpt.mostKept }

  /// A piece may begin or end inside a character; what is left of it is shown as U+FFFD.
  var text: String {
    log.map { String(decoding: LogText.bytes($0, range), as: UTF8.self) } ?? ""
  }

  /// What the call is answered with, around the text.
  func value(_ text: String) -> XMLRPCValue {
    guard let (size, overflows) = surroundings else { return .string(text) }
    return .array([.string(text), .integer(size), .boolean(overflows)])
  }
}
