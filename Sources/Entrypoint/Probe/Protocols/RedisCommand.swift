package import ProgramSpec
internal import SuperviseCore

/// AUTH where there is a password, then one command whose answer is one line.
package struct RedisCommand: Conversation {
  private let words: [String]
  private let login: RedisLogin?
  private var isAuthenticating: Bool
  private var replies = RedisReplies()
  /// What was answered; nil where nothing was, or nothing that Redis says.
  package private(set) var answer: RedisClient.Answer?

  package init(_ words: [String], _ login: RedisLogin?) {
    self.words = words
    self.login = login
    isAuthenticating = login != nil
  }

  package var awaited: String {
    "answer to \(isAuthenticating ? "AUTH" : words.first ?? "nothing")"
  }

  package var opening: [UInt8] { RedisReplies.command(login?.command ?? words) }

  package mutating func receive(_ bytes: [UInt8]) -> Reply {
    replies.receive(bytes)
    switch replies.next() {
    case .incomplete: return .wait
    case .foreign: return .notSpeaking("Redis")
    case .reply(.refused(let text)):
      answer = .refused(text)
      return .failed(text)
    case .reply(let reply) where isAuthenticating:
      guard case .status = reply else { return .notSpeaking("Redis") }
      isAuthenticating = false
      return .send(RedisReplies.command(words))
    case .reply(.status(let text)): answer = .status(text)
    case .reply(.number(let number)): answer = .number(number)
    case .reply(.nothing): answer = .nothing
    }
    return .passed("answered")
  }
}
