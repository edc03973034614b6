/// What a Redis says to one command, as far as the commands we send are answered: a line each.
///
/// Source: Redis documentation, RESP protocol specification (RESP2).
enum RedisReply: Sendable, Equatable {
  /// `+OK`
  case status(String)
  /// `-ERR …`
  case refused(String)
  /// `:1`
  case number(Int64)
  /// `$-1`: there is no such value.
  case nothing
}

/// Replies, taken off what has been received.
struct RedisReplies {
  enum Next: Equatable {
    case incomplete
    case reply(RedisReply)
    /// This is no Redis.
    case foreign
  }

  private var inbox: [UInt8] = []

  private static let longestLine = 1024

  mutating func receive(_ bytes: [UInt8]) { inbox += bytes }

  mutating func next() -> Next {
    guard let type = inbox.first else { return .incomplete }
    guard "+-:$".utf8.contains(type) else { return .foreign }
    let end = inbox.firstIndex(of: UInt8(ascii: "\n"))
    guard end ?? inbox.count <= Self.longestLine else { return .foreign }
    guard let end else { return .incomplete }
    let text = inbox[1..<end].printable
    inbox.removeFirst(end + 1)
    switch type {
    case UInt8(ascii: "+"): return .reply(.status(text))
    case UInt8(ascii: "-"): return .reply(.refused(text))
    case UInt8(ascii: ":"): return Int64(text).map { .reply(.number($0)) } ?? .foreign
    default: return text == "-1" ? .reply(.nothing) : .foreign
    }
  }

  static func command(_ words: [String]) -> [UInt8] {
    var bytes = Array("*\(words.count)\r\n".utf8)
    for word in words { bytes += Array("$\(word.utf8.count)\r\n\(word)\r\n".utf8) }
    return bytes
  }
}
