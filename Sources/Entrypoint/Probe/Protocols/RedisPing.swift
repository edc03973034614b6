internal import SuperviseCore

/// Redis (and Valkey, KeyDB): AUTH where there is a password, then PING. Without a password NOAUTH
/// is as good as PONG; LOADING, BUSY, MASTERDOWN and every other error mean that it cannot serve.
///
/// Source: Redis documentation, RESP protocol specification, and the commands AUTH and PING.
package struct RedisPing: Conversation {
  private let password: String?
  private var isAuthenticating: Bool
  private var inbox: [UInt8] = []

  private static let longestLine = 1024

  package init(password: String?) {
    self.password = password
    isAuthenticating = password != nil
  }

  package var awaited: String { isAuthenticating ? "answer to AUTH" : "answer to PING" }

  package var opening: [UInt8] {
    password.map { Self.command("AUTH", $0) } ?? Self.command("PING")
  }

  package mutating func receive(_ bytes: [UInt8]) -> Reply {
    inbox += bytes
    guard let type = inbox.first else { return .wait }
    guard type == UInt8(ascii: "+") || type == UInt8(ascii: "-") else {
      return .notSpeaking("Redis")
    }
    guard let end = inbox.firstIndex(of: UInt8(ascii: "\n")) else {
      return inbox.count > Self.longestLine ? .notSpeaking("Redis") : .wait
    }
    let text = inbox[1..<end].printable
    inbox.removeFirst(end + 1)
    return type == UInt8(ascii: "+") ? accepted(text) : refused(text)
  }

  private mutating func accepted(_ text: String) -> Reply {
    guard isAuthenticating else {
      return text == "PONG" ? .passed("answered PONG") : .notSpeaking("Redis")
    }
    isAuthenticating = false
    return .send(Self.command("PING"))
  }

  private func refused(_ text: String) -> Reply {
    switch text.prefix(while: { $0 != " " }) {
    case "NOAUTH" where password == nil: return .passed("asks for a password")
    // Logged in, but as a user who may not even PING.
    case "NOPERM" where !isAuthenticating: return .passed("takes logins")
    default: return .failed(text)
    }
  }

  private static func command(_ words: String...) -> [UInt8] {
    var bytes = Array("*\(words.count)\r\n".utf8)
    for word in words { bytes += Array("$\(word.utf8.count)\r\n\(word)\r\n".utf8) }
    return bytes
  }
}
