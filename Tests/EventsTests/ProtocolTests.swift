import EventsProtocol
import Support
import Testing

@Suite struct ProtocolTests {
  private static let messages: [EventsMessage] = {
    var pool = PoolDescription(
      name: "pool", server: "supervisor", events: [.processState, .tick60])
    pool.bufferSize = 20
    pool.countsCharacters = true
    pool.resultHandler = .supervisorStdout
    pool.marksLines = true
    var listener = ListenerDescription(pool: "pool", instance: 9, name: "pool_00")
    listener.state = .busy
    listener.isRunning = true
    return [
      .verbosity(isDebug: true), .pool(pool), .removePool(name: "pool"), .listener(listener),
      .listenerOutput(instance: 9), .listenerLog(instance: 9),
      .listenerState(instance: 9, isRunning: true), .listenerEnded(instance: 9),
      .event(.processExited, payload: [0, 255, 10]), .part([1, 2, 3]), .loggerChannel, .finish,
      .say(.warning, "pool: event was rejected"),
      .copy(heading: "'pool' stdout output:", output: "b'READY'"), .listening(instance: 9, .ready),
    ]
  }()

  @Test(arguments: messages) func whatIsSaidIsHeard(_ message: EventsMessage) {
    #expect(EventsMessage(message.encoded[...]) == message)
    #expect(EventsMessage((message.encoded + [0])[...]) == nil)
    #expect(EventsMessage(message.encoded.dropLast()) == nil)
  }

  @Test func damagedRecordsAreNoMessageOrAnother() {
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = Self.messages[Int(seed) % Self.messages.count].encoded
      Mutation.apply(to: &bytes, &random)
      guard let message = EventsMessage(bytes[...]) else { continue }
      #expect(EventsMessage(message.encoded[...]) == message)
    }
  }

  @Test(arguments: [0, 1, 32 << 10, (32 << 10) + 1, 200_000])
  func aPayloadOfAnyLengthFitsIntoRecords(_ count: Int) {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    var received: [UInt8] = []
    for record in EventsMessage.records(.remoteCommunication, payload) {
      #expect(record.count <= EventsMessage.longest)
      switch EventsMessage(record[...]) {
      case .part(let bytes), .event(.remoteCommunication, let bytes): received += bytes
      default: Issue.record("neither a part nor the event")
      }
    }
    #expect(received == payload)
  }
}

@Suite struct TypeTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var type: EventType
    var ancestors: [String]
    var testDescription: String { type.rawValue }
  }

  @Test(arguments: [
    Row(type: .processFatal, ancestors: ["PROCESS_STATE", "EVENT"]),
    Row(type: .processCommunicationStderr, ancestors: ["PROCESS_COMMUNICATION", "EVENT"]),
    Row(type: .processLogStdout, ancestors: ["PROCESS_LOG", "EVENT"]),
    Row(type: .remoteCommunication, ancestors: ["EVENT"]),
    Row(type: .supervisorRunning, ancestors: ["SUPERVISOR_STATE_CHANGE", "EVENT"]),
    Row(type: .tick3600, ancestors: ["TICK", "EVENT"]),
    Row(type: .processGroupAdded, ancestors: ["PROCESS_GROUP", "EVENT"]),
  ])
  func whatIsAboveBringsIt(_ row: Row) {
    let found = EventType.allCases.filter { row.type.isKind(of: $0) }.map(\.rawValue)
    #expect(Set(found) == Set(row.ancestors + [row.type.rawValue]))
  }

  @Test func thereAreSupervisordsNames() {
    #expect(EventType.allCases.count == 27)
    #expect(EventType.allCases.filter { $0.isKind(of: .processState) }.count == 9)
    #expect(EventType(rawValue: "PROCESS_STATE_CHANGE") == nil)
  }
}

@Suite struct PayloadTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var payload: [UInt8]
  }

  /// Each as the real supervisord 4.3.0 sends it.
  @Test(arguments: [
    Row(
      testDescription: "processname:x groupname:g from_state:STOPPED tries:0",
      payload: EventPayload.processState(process: "x", group: "g", from: "STOPPED", .tries(0))),
    Row(
      testDescription: "processname:x groupname:g from_state:STARTING pid:123",
      payload: EventPayload.processState(process: "x", group: "g", from: "STARTING", .pid(123))),
    Row(
      testDescription: "processname:x groupname:g from_state:RUNNING expected:0 pid:123",
      payload: EventPayload.processState(
        process: "x", group: "g", from: "RUNNING", .exit(isExpected: false, pid: 123))),
    Row(
      testDescription: "processname:x groupname:g from_state:BACKOFF",
      payload: EventPayload.processState(process: "x", group: "g", from: "BACKOFF", .none)),
    Row(
      testDescription: "processname:x groupname:g pid:123 channel:stderr\né\n",
      payload: EventPayload.log(
        process: "x", group: "g", pid: 123, isError: true, Array("é\n".utf8)[...])),
    Row(
      testDescription: "processname:x groupname:g pid:123\nUndecodable: b'\\xff\\n'",
      payload: EventPayload.communication(process: "x", group: "g", pid: 123, [0xFF, 10])),
    Row(
      testDescription: "type:t\ndata",
      payload: EventPayload.remoteCommunication(type: "t", data: "data")),
    Row(testDescription: "when:1795224425", payload: EventPayload.tick(when: 1_795_224_425)),
    Row(testDescription: "groupname:g\n", payload: EventPayload.group("g")),
  ])
  func payloadsAreSupervisords(_ row: Row) {
    #expect(String(decoding: row.payload, as: UTF8.self) == row.testDescription)
  }

  @Test(
    arguments: [
      ("b''", []), (#"b'a\\b'"#, Array(#"a\b"#.utf8)), (#"b"it's""#, Array("it's".utf8)),
      (#"b'"it\'s"'"#, Array(#""it's""#.utf8)),
      (
        #"b'\t\n\r\x00\x1f\x7f\x80'"#,
        [9, 10, 13, 0, 31, 127, 128]
      ),
    ] as [(String, [UInt8])])
  func bytesAreShownAsByPython(_ shown: String, _ bytes: [UInt8]) {
    #expect(String(decoding: PythonText.bytes(bytes[...]), as: UTF8.self) == shown)
  }
}
