package import ProgramSpec
internal import SuperviseCore

/// Redis (and Valkey, KeyDB): AUTH where there is a password, then PING. Without a password NOAUTH
/// is as good as PONG; LOADING, BUSY, MASTERDOWN and every other error mean that it cannot serve.
///
/// Source: Redis documentation, the commands AUTH and PING.
package struct RedisPing: Conversation {
  private let login: RedisLogin?
  private var isAuthenticating: Bool
  private var replies = RedisReplies()

  package init(_ login: RedisLogin?) {
    self.login = login
    isAuthenticating = login != nil
  }

  package var awaited: String { isAuthenticating ? "answer to AUTH" : "answer to PING" }

  package var opening: [UInt8] { RedisReplies.command(login?.command ?? ["PING"]) }

  package mutating func receive(_ bytes: [UInt8]) -> Reply {
    replies.receive(bytes)
    switch replies.next() {
    case .incomplete: return .wait
    case .reply(.status(let text)): return accepted(text)
    case .reply(.refused(let text)): return refused(text)
    case .reply(.number), .reply(.nothing), .foreign: return .notSpeaking("Redis")
    }
  }

  private mutating func accepted(_ text: String) -> Reply {
    guard isAuthenticating else {
      return text == "PONG" ? .passed("answered PONG") : .notSpeaking("Redis")
    }
    isAuthenticating = false
    return .send(RedisReplies.command(["PING"]))
  }

  private func refused(_ text: String) -> Reply {
    switch text.prefix(while: { $0 != " " }) {
    case "NOAUTH" where login == nil: return .passed("asks for a password")
    // Logged in, but as a user who may not even PING.
    case "NOPERM" where !isAuthenticating: return .passed("takes logins")
    default: return .failed(text)
    }
  }
}

extension RedisLogin {
  /// Redis before 6 knows no users.
  var command: [String] { ["AUTH"] + (user.isEmpty ? [] : [user]) + [password] }
}
