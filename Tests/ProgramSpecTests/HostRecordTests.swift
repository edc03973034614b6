import ProgramSpec
import Support
import Testing

/// What a host has answered, as bytes and back, and a configuration that is read from it.
@Suite struct HostRecordTests {
  private static let files = [
    "/etc/e.conf": """
    [supervisord]
    [include]
    files=/etc/e.d/*.conf
    """,
    "/etc/e.d/web.conf": """
    [program:web]
    command=web --cpus %(cpus)s
    user=www-data
    group=adm
    environment_file=/etc/web.env
    [program:worker]
    command=/bin/worker
    numprocs=3
    process_name=%(program_name)s_%(process_num)d
    environment=PATH="/opt/bin"
    """,
    "/etc/web.env": "GREETING=gr\u{fc}\u{df}\n",
  ]

  private func recorded() -> (reading: ConfigurationReader.Reading, record: HostRecord) {
    let recorder = HostRecorder()
    let host = recorder.recording(Workbench(HostRecordTests.files).surroundings)
    let reading = ConfigurationReader.read(path: "/etc/e.conf", in: host)
    return (reading, recorder.record)
  }

  @Test func aReadingFromTheRecordIsTheSame() throws {
    let (reading, record) = recorded()
    #expect(reading.messages == [])
    let copy = try #require(HostRecord(encoded: record.encoded))
    #expect(copy == record)
    let source = ConfigurationSource(path: "/etc/e.conf", surroundings: Workbench().surroundings)
    #expect(source.read(from: copy).configuration == reading.configuration)
  }

  @Test func whatWasNotRecordedIsNotRead() {
    let (_, record) = recorded()
    let source = ConfigurationSource(
      path: "/etc/other.conf", surroundings: Workbench(HostRecordTests.files).surroundings)
    let reading = source.read(from: record)
    #expect(reading.configuration == nil)
    #expect(reading.diagnostics.count == 1)
  }

  @Test func aHostAnswersWhatTheRecordDoesNotHave() {
    var host = Surroundings()
    host.userNamed = { name in
      .init(name: name, user: 7, group: 8, groups: [8], home: "/h", shell: "/s")
    }
    let replayed = HostRecord().replayed(like: host, else: host)
    #expect(replayed.userNamed("a")?.user == 7)
    #expect(HostRecord().replayed(like: host).userNamed("a") == nil)
  }

  @Test func theAnswersOfALookupReplaceTheOldOnes() throws {
    let (_, record) = recorded()
    var facts = record.aboutStarting
    #expect(facts[.file("/etc/e.conf")] == nil)
    let before = try #require(facts[.userNamed("www-data")])
    var host = Workbench().surroundings
    host.userNamed = { name in
      .init(name: name, user: 1033, group: 33, groups: [33], home: "/", shell: "/")
    }
    let asked = HostRecord(asking: [.userNamed("www-data")])
    let copy = try #require(HostRecord(encoded: asked.encoded))
    facts.merge(copy.answered(by: host))
    #expect(facts[.userNamed("www-data")] != before)
  }

  @Test func everyKindOfAnswerComesBack() throws {
    let answers: [HostAnswer] =
      [
        .missing, .text("/bin/sh"), .number(.max), .truth(true), .truth(false), .paths([]),
        .paths(["a", "b"]), .contents([0, 255]), .smallFile(.init([1, 2])),
        .smallFile(.init([], writers: .groupOfRoot)), .smallFile(.init([], writers: .users)),
        .unreadable(.notFound), .unreadable(.isDirectory), .unreadable(.notPermitted),
        .unreadable(.tooLarge), .unreadable(.other("no")),
        .user(.init(name: "n", user: 1, group: 2, groups: [2, 3], home: "h", shell: "s")),
      ] + CommandProblem.allCases.map { .noCommand($0) }
    for answer in answers {
      var record = HostRecord()
      record[.command("sh", searchPath: "/bin")] = answer
      record[.userNumbered(65534)] = .missing
      #expect(HostRecord(encoded: record.encoded) == record)
    }
  }

  /// PID 1 reads what a role has written: nothing in it may end PID 1.
  @Test func damageIsNoticedOrHarmless() {
    let (_, record) = recorded()
    let whole = record.encoded
    for length in 0..<whole.count where length % 7 == 0 {
      _ = HostRecord(encoded: Array(whole.prefix(length)))
    }
    #expect(HostRecord(encoded: []) == nil)
    #expect(HostRecord(encoded: Array(whole.dropLast())) == nil)
    var random = SplitMix64(seed: 1)
    for _ in 0..<2000 {
      var damaged = whole
      for _ in 0..<3 {
        damaged[Int(random.next() % UInt64(whole.count))] = UInt8(random.next() % 256)
      }
      _ = HostRecord(encoded: damaged)
    }
  }

  @Test func aNumberOfNamesAsksEachOnce() {
    var identities: [Identity] = []
    let (reading, _) = recorded()
    for name in ["web", "web"] {
      identities += reading.program(name)?.processes.compactMap(\.execution.identity) ?? []
    }
    #expect(
      Surroundings.queries(about: identities) == [.userNamed("www-data"), .groupNamed("adm")])
  }
}
