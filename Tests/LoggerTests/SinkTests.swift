import EventsProtocol
import Linux
import LoggerProtocol
import Testing

@testable import Logger

/// `#expect` calls no mutating function of a value; its argument is evaluated before.
private func same<Value: Equatable>(
  _ value: Value?, _ expected: Value?, _ location: SourceLocation = #_sourceLocation
) {
  #expect(value == expected, sourceLocation: location)
}

/// On real files in a directory of its own.
@Suite struct SinkTests: ~Copyable {
  private let directory: String
  private let origin = LogOrigin(stream: 0, label: "x", format: .raw)

  init() throws {
    directory = "/tmp/sinks-\(ThisProcess.identifier)-\(monotonicNanoseconds())"
    try makeDirectory(directory)
  }

  deinit {
    for name in (try? listDirectory(directory)) ?? [] { try? removeFile("\(directory)/\(name)") }
    try? removeDirectory(directory)
  }

  private func text(_ name: String) -> String? {
    (try? readFile("\(directory)/\(name)")).map { String(decoding: $0, as: UTF8.self) }
  }

  private func description(_ name: String, maximum: UInt64 = 0, backups: UInt32 = 0)
    -> StreamDescription
  {
    var description = StreamDescription(label: "x")
    description.targets = [.file("\(directory)/\(name)")]
    description.maximumBytes = maximum
    description.backups = backups
    return description
  }

  @Test func aFileOfOneStreamIsItsOwnAndTheContainersDescriptorsAreNobodys() {
    var table = SinkTable()
    let path = StreamDescription.Target.file("\(directory)/log")
    guard let file = table.place(path, description("log")),
      let stdout = table.place(.descriptor(1), description("log"))
    else { return #expect(Bool(false)) }
    _ = table.prepare(file)
    same(table.isShared(file), false)
    same(table.place(path, description("log")), file)
    _ = table.prepare(file)
    same(table.isShared(file), true)
    table.release(file)
    same(table.isShared(file), false)
    _ = table.prepare(stdout)
    same(table.isShared(stdout), true)
  }

  struct Mode: Sendable {
    var isPrivate: Bool
    var hasReaders: Bool
    var mode: UInt32
  }

  /// Automatic logs are for the user of the supervisor alone, logs of programs of other users also
  /// for their group; other logs are as supervisord makes them, by the umask.
  @Test(arguments: [
    Mode(isPrivate: true, hasReaders: false, mode: 0o600),
    Mode(isPrivate: true, hasReaders: true, mode: 0o600),
    Mode(isPrivate: false, hasReaders: true, mode: 0o640),
    Mode(isPrivate: false, hasReaders: false, mode: 0o644),
  ])
  func aLogIsForTheEyesOfItsReaders(_ row: Mode) throws {
    var table = SinkTable()
    var log = description("log")
    log.isPrivate = row.isPrivate
    log.readers = row.hasReaders ? ThisProcess.effectiveGroup : nil
    guard let file = table.place(log.targets[0], log) else { return #expect(Bool(false)) }
    same(table.prepare(file), nil)
    #expect(try fileStatus("\(directory)/log").mode & 0o777 == row.mode)
  }

  @Test func streamsOfOneFileShareItAndItsRotation() throws {
    var sinks = SinkTable()
    let described = description("log", maximum: 8, backups: 2)
    let places = [0, 1].map { _ in sinks.place(described.targets[0], described) }
    let (first, second) = (try #require(places[0]), try #require(places[1]))
    #expect(first == second)
    for number in 0..<9 {
      let place = number % 2 == 0 ? first : second
      let failure = sinks.write(Array("\(number)..\n".utf8), to: place, of: origin)
      #expect(failure == nil)
    }
    #expect(try listDirectory(directory) == ["log", "log.1", "log.2"])
    #expect(text("log.2") == "4..\n5..\n")
    #expect(text("log.1") == "6..\n7..\n")
    #expect(text("log") == "8..\n")
  }

  /// logrotate's `copytruncate`.
  @Test func aFileThatSomebodyElseEmptiesIsNotRotatedForWhatItHeld() throws {
    var file = LogFile("\(directory)/log", description("log", maximum: 8, backups: 1))
    for line in ["one..\n", "2\n"] {
      same(file.write(Array(line.utf8)), nil)
      closeDescriptor(try openFile("\(directory)/log", [.write, .truncate]))
    }
    same(file.write(Array("3\n".utf8)), nil)
    #expect(try listDirectory(directory) == ["log"])
    #expect(text("log") == "3\n")
  }

  @Test func whoComesBackWithOtherSettingsIsTakenAtThem() throws {
    var table = SinkTable()
    let path = StreamDescription.Target.file("\(directory)/log")
    for (maximum, line) in [(0, "one..\n"), (8, "two..\n")] {
      let described = description("log", maximum: UInt64(maximum), backups: 1)
      let place = table.place(path, described)
      guard let place else { return #expect(Bool(false)) }
      _ = table.prepare(place)
      _ = table.write(Array(line.utf8), to: place, of: origin)
      table.release(place)
    }
    #expect(try listDirectory(directory) == ["log", "log.1"])
  }

  @Test func withoutBackupsAFileBeginsAnew() throws {
    var file = LogFile("\(directory)/log", description("log", maximum: 4))
    for line in ["one\n", "two\n", "3\n"] { same(file.write(Array(line.utf8)), nil) }
    #expect(try listDirectory(directory) == ["log"])
    #expect(text("log") == "3\n")
  }

  @Test func clearingMakesTheFileAnewAndLeavesRotatedOnes() throws {
    var file = LogFile("\(directory)/log", description("log", maximum: 4, backups: 1))
    for line in ["one\n", "2\n"] { same(file.write(Array(line.utf8)), nil) }
    let before = try fileStatus("\(directory)/log").inode
    let reader = try openFile("\(directory)/log", .read)
    defer { closeDescriptor(reader) }
    try file.clear()
    #expect(text("log") == "")
    #expect(text("log.1") == "one\n")
    #expect(try fileStatus("\(directory)/log").inode != before)
    same(file.write(Array("3\n".utf8)), nil)
    #expect(text("log") == "3\n")
    try removeFile("\(directory)/log")
    try file.clear()
    #expect(text("log") == "")
  }

  @Test func aDeviceIsNeverRotatedOrUnlinked() throws {
    var file = LogFile("/dev/null", description("x", maximum: 1, backups: 3))
    same(file.write(Array("one\n".utf8)), nil)
    try file.clear()
    same(file.reopen(), nil)
    same(file.write(Array("two\n".utf8)), nil)
    #expect(try fileStatus("/dev/null").kind == .characterDevice)
  }

  @Test func aPathThatCannotBeWrittenIsSaidOnce() {
    var file = LogFile("\(directory)/none/log", description("x"))
    same(file.prepare(), .system(.notFound))
    same(file.write([1]), nil)
  }

  @Test func syslogGetsDatagramsAlsoFromADaemonThatWasStartedAgain() throws {
    let place = try #require(NotificationDirectory("dev", in: directory))
    defer { place.removeItself() }
    var socket = SyslogSocket(path: "\(place.path)/log")
    var buffer = [UInt8](repeating: 0, count: 100)
    same(socket.send([[1]]), .notFound)
    same(socket.send([[1]]), nil)
    for round in 0..<2 as Range<UInt8> {
      let daemon = try place.bind("log", owner: nil)
      defer { place.remove("log") }
      same(socket.send([[round, 1], [round, 2]]), nil)
      for number in 1...2 as ClosedRange<UInt8> {
        let count = try receiveDatagram(daemon, into: &buffer).length
        #expect(buffer[..<count] == [round, number])
      }
      closeDescriptor(daemon)
    }
  }

  @Test func aStuckSyslogDaemonCostsLinesAndNoTime() throws {
    let place = try #require(NotificationDirectory("dev", in: directory))
    defer { place.removeItself() }
    var socket = SyslogSocket(path: "\(place.path)/log")
    let daemon = try place.bind("log", owner: nil)
    defer {
      place.remove("log")
      closeDescriptor(daemon)
    }
    let many = (0..<5000).map { _ in [UInt8](repeating: 1, count: 1000) }
    same(socket.send(many), .wouldBlock)
    same(socket.send(many), nil)
  }

  @Test func eventsBeyondTheBoundAreCountedAndTheOthersKeepTheirOrder() throws {
    var link = EventsLink()
    let payload = [UInt8](repeating: 65, count: 1 << 20)
    for _ in 0..<6 { link.send(.processLogStdout, payload) }
    same(link.takeLost(), nil)
    let ends = try makeMessageChannel()
    defer { closeDescriptor(ends.ours) }
    link.attach(ends.theirs)
    #expect(link.hasBacklog)
    var received: [Int] = []
    var part = 0
    var buffer = [UInt8](repeating: 0, count: EventsMessage.longest)
    while let (count, _) = try? receiveMessage(ends.ours, into: &buffer) {
      switch EventsMessage(buffer[..<count]) {
      case .part(let bytes): part += bytes.count
      case .event(.processLogStdout, let bytes):
        received.append(part + bytes.count)
        part = 0
      default: Issue.record("no event")
      }
      link.flush()
    }
    #expect(received == [1 << 20, 1 << 20, 1 << 20, 1 << 20])
    same(link.takeLost(), 2)
    same(link.takeLost(), nil)
    link.detach()
  }
}
