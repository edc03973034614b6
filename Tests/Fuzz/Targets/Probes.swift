import Linux
import ProgramSpec
import SuperviseCore

@testable import Probe

/// Answers of servers to readiness probes.
extension FuzzTarget {
  static let probes = [
    FuzzTarget("mysql") { (input) throws(Violation) in
      try ConversationProperties.check(input) { MySQLGreeting() }
    },
    FuzzTarget("postgres") { (input) throws(Violation) in
      try ConversationProperties.check(input) { PostgresStartup() }
    },
    FuzzTarget("redis") { (input) throws(Violation) in
      let login = RedisLogin(user: "u", password: "p")
      try ConversationProperties.check(input) { RedisPing(nil) }
      try ConversationProperties.check(input) { RedisPing(login) }
      try ConversationProperties.check(input) { RedisCommand(["GET", "k"], nil) }
      try ConversationProperties.check(input) { RedisCommand(["GET", "k"], login) }
    },
    FuzzTarget("http-probe") { (input) throws(Violation) in
      try ConversationProperties.check(input) { HTTPGet(host: "h:8080", path: "/up") }
    },
    FuzzTarget("fastcgi") { (input) throws(Violation) in
      try ConversationProperties.check(input) { FastCGIPing(path: "/ping?x=1") }
    },
    FuzzTarget("dns") { (input) throws(Violation) in try ResolverProperties.check(input) },
  ]
}

enum ConversationProperties {
  static func check(
    _ input: [UInt8], _ begin: () -> some Conversation
  ) throws(Violation) {
    let replies: [Reply] = try Violation.unlessSame(input, "replies") {
      (pieces) throws(Violation) in self.replies(pieces, begin())
    }
    var conversation = begin()
    _ = (conversation.opening, conversation.awaited)
    _ = conversation.receive(input)
    try check(conversation.settled ?? "")
    try check(conversation.awaited)
    for case .over(let verdict, _) in replies {
      switch verdict {
      case .passed(let words), .failed(let words): try check(words)
      }
    }
  }

  /// A text that is logged: one line without control characters, of a bounded length.
  private static func check(_ words: String) throws(Violation) {
    try require(words.utf8.count <= 2048, "\(words.utf8.count) bytes of text")
    let isPrintable = words.unicodeScalars.allSatisfy { scalar in
      scalar.value >= 32 && !(0x7F...0x9F).contains(scalar.value)
    }
    try require(isPrintable, "a control character in \(words.debugDescription)")
  }

  /// Up to the verdict. A server that sends more than it was asked for has its next answer read
  /// with the next bytes, so an empty piece follows each request.
  private static func replies(
    _ pieces: [ArraySlice<UInt8>], _ start: some Conversation
  ) -> [Reply] {
    var conversation = start
    var replies: [Reply] = []
    for piece in pieces {
      var reply = conversation.receive(Array(piece))
      while case .send = reply {
        replies.append(reply)
        reply = conversation.receive([])
      }
      if case .over = reply { return replies + [reply] }
    }
    return replies
  }
}

/// Answers of name servers, and the files of a resolver.
enum ResolverProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    for type in [DNSQuestion.RecordType.address, .address6] {
      guard let question = DNSQuestion("db.example.com", type, identifier: 0x1234) else {
        throw Violation("no question")
      }
      try require(question.answer(in: question.message) == nil, "the question is an answer")
      guard case .addresses(let addresses) = question.answer(in: input) else { continue }
      try require(addresses.count <= input.count / 15, "\(addresses.count) addresses")
      try require(input.count >= question.message.count, "a short answer was accepted")
    }
    let text = String(decoding: input, as: UTF8.self)
    if let question = DNSQuestion(text, .address, identifier: 1) {
      try require(question.message.count <= 12 + 255 + 4, "an overlong question")
    }
    let hosts = HostsFile(input)
    _ = hosts.addresses(of: "localhost")
    try check(ResolverConfiguration(input))
  }

  private static func check(_ configuration: ResolverConfiguration) throws(Violation) {
    try require((1...3).contains(configuration.servers.count), "name servers")
    try require((1...5).contains(configuration.attempts), "attempts")
    try require((0...15).contains(configuration.minimumDots), "dots")
    try require(
      configuration.timeout >= .seconds(1) && configuration.timeout <= .seconds(30), "timeout")
    let names = configuration.candidates(for: "a.b")
    try require(names.count == configuration.search.count + 1, "names to look up")
    try requireEqual(configuration.candidates(for: "a."), ["a"], "an absolute name")
  }
}
