import Linux
import Probe
import ProgramSpec
import SuperviseCore
import Testing

/// /etc/hosts, /etc/resolv.conf and the messages of DNS, as bytes.
struct NamesTests {
  @Test func hostsFileGivesEveryAddressOfAName() {
    let hosts = HostsFile(
      [UInt8](
        """
        # comment
        127.0.0.1\tlocalhost loopback
        ::1 localhost ip6-localhost # the same
        10.1.2.3 DB db.internal
        not-an-address db
        10.1.2.4
        """))
    #expect(hosts.addresses(of: "localhost").map(\.description) == ["127.0.0.1", "::1"])
    #expect(hosts.addresses(of: "db").map(\.description) == ["10.1.2.3"])
    #expect(hosts.addresses(of: "Db.Internal").map(\.description) == ["10.1.2.3"])
    #expect(hosts.addresses(of: "same").isEmpty)
  }

  @Test func resolverConfigurationOfKubernetes() {
    let configuration = ResolverConfiguration(
      [UInt8](
        """
        nameserver 10.96.0.10
        search shop.svc.cluster.local svc.cluster.local cluster.local.
        options ndots:5 timeout:2 attempts:9 edns0
        ; nameserver 10.0.0.1
        """))
    #expect(configuration.servers.map(\.address.description) == ["10.96.0.10"])
    #expect(configuration.minimumDots == 5)
    #expect(configuration.timeout == .seconds(2))
    #expect(configuration.attempts == 5)
    #expect(
      configuration.candidates(for: "db") == [
        "db.shop.svc.cluster.local", "db.svc.cluster.local", "db.cluster.local", "db",
      ])
    #expect(configuration.candidates(for: "db.example.com.") == ["db.example.com"])
  }

  @Test func resolverConfigurationHasDefaultsAndLimits() {
    let empty = ResolverConfiguration([])
    #expect(empty.servers == [NameServer(.loopback)])
    #expect(empty.candidates(for: "db") == ["db"])
    let many = ResolverConfiguration(
      [UInt8](
        "nameserver 1.1.1.1\nnameserver x\nnameserver ::1\nnameserver 1.1.1.3\nnameserver 1.1.1.4"))
    #expect(many.servers.map(\.address.description) == ["1.1.1.1", "::1", "1.1.1.3"])
    #expect(many.candidates(for: "db.example") == ["db.example"])
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("2001:db8:0:0::1", "2001:db8::1"),
    ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
    ("fe80::1%1", "fe80::1%1"), ("fe80::1%lo", "fe80::1%1"), ("db", nil), ("1.2.3", nil), ("", nil),
    ("1.2.3.4%lo", nil), ("::1%", nil), ("::1%nosuch", nil), ("::1%3x", nil),
  ])
  func addressesAreNumbers(_ text: String, _ expected: String?) {
    #expect(NetworkAddress(text)?.description == expected)
  }

  @Test func questionIsWrittenAsTheStandardSays() throws {
    let question = try #require(DNSQuestion("db.local", .address, identifier: 0x1234))
    #expect(
      question.message == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        + [2] + [UInt8]("db") + [5] + [UInt8]("local") + [0, 0, 1, 0, 1])
  }

  @Test(arguments: ["", ".", "a..b", ".a", "a.", String(repeating: "x", count: 64)])
  func impossibleNamesAreNotAsked(_ name: String) {
    #expect(DNSQuestion(name, .address, identifier: 1) == nil)
  }

  @Test(arguments: Answer.all)
  func answersAreRead(_ answer: Answer) throws {
    let question = try #require(DNSQuestion("db.local", answer.type, identifier: 0x1234))
    #expect(question.answer(in: answer.message) == answer.expected)
  }

  /// Cut anywhere, an answer is no answer, and nothing traps.
  @Test(arguments: Answer.all) func cutAnswersAreNone(_ answer: Answer) throws {
    let question = try #require(DNSQuestion("db.local", answer.type, identifier: 0x1234))
    guard case .addresses(let found) = answer.expected, !found.isEmpty else { return }
    for length in 0..<answer.message.count {
      #expect(question.answer(in: Array(answer.message.prefix(length))) == nil)
    }
  }
}

extension NamesTests {
  @Test(arguments: 0..<400 as Range<UInt64>)
  func hostileFilesAndAnswersAreSurvived(_ seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    for answer in Answer.all {
      let question = try #require(DNSQuestion("db.local", answer.type, identifier: 0x1234))
      var message = answer.message
      message.mutate(&random)
      guard case .addresses(let found)? = question.answer(in: message) else { continue }
      #expect(found.count <= message.count / 12)
    }
    var hosts = [UInt8]("127.0.0.1 localhost # x\n::1\tdb db.local\r\n\n10.0.0.1 db\n")
    hosts.mutate(&random)
    #expect(HostsFile(hosts).addresses(of: "db").count <= 2)
    var configuration = [UInt8]("search a b\nnameserver ::1\noptions ndots:3 timeout:2\n")
    configuration.mutate(&random)
    #expect((1...3).contains(ResolverConfiguration(configuration).servers.count))
  }

  /// The role reads what the kernel hands it.
  @Test(arguments: [
    "tcp://db:1", "unix:///run/x.sock", "mysql://[::1]:3306", "postgres://db:5432",
    "redis://app:a%40b%3Ac%25@cache:6379", "redis://:p@cache:6379",
    "redis://cache:6379", "http://web:80/a?b=c#d",
    "fcgi://fpm:9000/ping", "fcgi:///run/fpm.sock#/ping", "file:///a b", "sqlite://",
    "exec:sh -c 'echo \"it'\\''s\"; exit' ''",
  ])
  func aURLSurvivesTheWayToTheRole(_ text: String) throws {
    let url = try ProbeURL.parse(text)
    #expect(url.confidentialText == text)
    #expect(try ProbeURL.parse(url.confidentialText) == url)
  }
}

/// A name server's message in answer to `db.local`, with the identifier 0x1234.
struct Answer: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var type = DNSQuestion.RecordType.address
  var message: [UInt8]
  var expected: DNSAnswer?

  private static let name = [2] + [UInt8]("db") + [5] + [UInt8]("local") + [0]

  init(
    _ name: String, flags: [UInt8] = [0x81, 0x80], question: [UInt8] = Answer.name + [0, 1, 0, 1],
    count: UInt8 = 0, _ records: [UInt8] = [], expected: DNSAnswer?
  ) {
    testDescription = name
    message = [0x12, 0x34] + flags + [0, 1, 0, count, 0, 0, 0, 0] + question + records
    self.expected = expected
  }

  /// A record whose name points at the question's.
  private static func record(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0xC0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(content.count)] + content
  }

  private static func addresses(_ texts: String...) -> DNSAnswer {
    .addresses(texts.compactMap { NetworkAddress($0) })
  }

  private static var six: Answer {
    var answer = Answer(
      "IPv6", question: name + [0, 28, 0, 1], count: 1,
      record(28, [UInt8](repeating: 0, count: 15) + [1]), expected: addresses("::1"))
    answer.type = .address6
    return answer
  }

  static let all = [
    Answer(
      "two addresses", count: 2, record(1, [10, 0, 0, 1]) + record(1, [10, 0, 0, 2]),
      expected: addresses("10.0.0.1", "10.0.0.2")),
    Answer(
      "another name on the way", count: 2, record(5, [1, 0x61, 0]) + record(1, [10, 0, 0, 1]),
      expected: addresses("10.0.0.1")),
    Answer(
      "a name spelt out", count: 1,
      [1, 0x61, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 0, 0, 1], expected: addresses("10.0.0.1")),
    six,
    Answer("no address", expected: .addresses([])),
    Answer("no such name", flags: [0x81, 0x83], expected: .noSuchName),
    Answer("server failure", flags: [0x81, 0x82], expected: .failure(2)),
    Answer("refused", flags: [0x81, 0x85], expected: .failure(5)),
    Answer("truncated", flags: [0x83, 0x80], expected: .truncated),
    Answer(
      "letters in another case",
      question: [2] + [UInt8]("DB") + [5] + [UInt8]("LOCAL") + [0, 0, 1, 0, 1],
      expected: .addresses([])),
    Answer("a question, no answer", flags: [1, 0], expected: nil),
    Answer("to another question", question: [2] + [UInt8]("dc") + [0, 0, 1, 0, 1], expected: nil),
    Answer("an address of five bytes", count: 1, record(1, [1, 2, 3, 4, 5]), expected: nil),
    Answer("fewer records than said", count: 2, record(1, [10, 0, 0, 1]), expected: nil),
    Answer("a label of an unknown kind", count: 1, [0x80, 12, 0, 1], expected: nil),
  ]
}
