import Probe
import ProgramSpec
import SuperviseCore
import Testing

/// One conversation: the server's turns, and our reply to each.
struct Talk: Sendable, CustomTestStringConvertible {
  var name: String
  var make: @Sendable () -> any Conversation
  var turns: [[UInt8]]
  var expected: [Reply]
  /// Bytes of the last turn without which nothing is decided.
  var decidedAfter: Int

  var testDescription: String { name }

  init(
    _ name: String, _ make: @escaping @Sendable () -> any Conversation, _ turns: [[UInt8]],
    _ expected: [Reply], decidedAfter: Int? = nil
  ) {
    self.name = name
    self.make = make
    self.turns = turns
    self.expected = expected
    self.decidedAfter = decidedAfter ?? turns.last?.count ?? 0
  }

  /// One for each turn, up to the verdict.
  func replies(inPiecesOf size: Int) -> [Reply] {
    var conversation = make()
    var replies: [Reply] = []
    for turn in turns {
      var reply = Reply.wait
      var rest = turn[...]
      while reply == .wait, !rest.isEmpty {
        reply = conversation.receive(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      replies.append(reply)
      if case .over = reply { break }
    }
    return replies
  }

  static let all = mysql + postgres + redis + redisCommands + http + fastCGI

  static let conversations: [@Sendable () -> any Conversation] = [
    { MySQLGreeting() }, { PostgresStartup() }, { RedisPing(nil) },
    { RedisPing(RedisLogin(password: "secret")) },
    { RedisCommand(["EVAL", "x"], RedisLogin(password: "secret")) },
    { HTTPGet(host: "web", path: "/") },
    { FastCGIPing(path: "/ping") },
  ]

  static func passed(_ words: String, farewell: [UInt8] = []) -> Reply {
    .over(.passed(words), farewell: farewell)
  }

  static func failed(_ words: String) -> Reply { .over(.failed(words)) }

  static func stranger(_ name: String) -> Reply {
    failed("connected, but what answers does not speak \(name)")
  }
}

extension [UInt8] {
  init(_ text: String) { self = Array(text.utf8) }
}
