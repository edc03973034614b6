import Linux
import SuperviseCore
import Testing

@testable import Supervise

@Suite struct ChildTableTests {
  private var table = ChildTable()
  private let id = InstanceID(4)

  @Test mutating func aChildIsFoundFromBothSides() {
    table.add(100, .instance(id))
    #expect(table[100] == .instance(id))
    #expect(table.pid(of: id) == 100)
    table.remove(100)
    #expect(table[100] == nil)
    #expect(table.pid(of: id) == nil)
  }

  /// A restart in the same event gives the instance a new process before the old one is reaped.
  @Test mutating func reapingTheOldProcessLeavesTheNewOne() {
    table.add(100, .instance(id))
    table.add(101, .instance(id))
    table.remove(100)
    #expect(table.pid(of: id) == 101)
    #expect(table[101] == .instance(id))
  }

  @Test mutating func aNamedMainProcessTakesThePlaceOfTheLeader() {
    table.add(100, .instance(id))
    table.setMain(200, of: id)
    #expect(table[100] == .predecessor(id))
    #expect(table.pid(of: id) == 200)
    #expect(table.predecessors(of: id) == [100])
    table.remove(100)
    #expect(table.pid(of: id) == 200)
  }

  @Test mutating func aMainProcessThatIsNoChildLeavesNothingBehind() {
    table.add(100, .instance(id))
    table.setMain(200, of: id)
    table.removeMain(200, of: id)
    #expect(table[200] == nil)
    table.setMain(201, of: id)
    #expect(table.predecessors(of: id) == [100])
    #expect(table.pid(of: id) == 201)
  }

  /// The number of a grandchild that has ended, given to a child of PID 1 meanwhile.
  @Test mutating func theNumberOfAnEndedMainProcessMayBelongToAnotherInstance() {
    let other = InstanceID(5)
    table.add(100, .instance(id))
    table.setMain(200, of: id)
    table.add(200, .instance(other))
    table.noteKill(of: 200)
    table.removeMain(200, of: id)
    #expect(table[200] == .instance(other) && table.isKilled(200))
    #expect(table.pid(of: id) == nil && table.pid(of: other) == 200)
    table.add(201, .instance(id))
    table.add(201, .instance(other))
    table.setMain(100, of: id)
    #expect(table[201] == .instance(other))
  }

  @Test mutating func aKillIsRememberedUntilTheProcessIsReaped() {
    table.noteKill(of: 100)
    #expect(!table.isKilled(100), "a process that is no child")
    table.add(100, .instance(id))
    table.noteKill(of: 100)
    #expect(table.isKilled(100))
    table.remove(100)
    table.add(100, .trial)
    #expect(!table.isKilled(100), "another process with the same number")
  }

  @Test mutating func aReleaseIsNewOnlyOnce() {
    table.add(100, .instance(id))
    #expect(table.noteRelease(of: 100) == true)
    #expect(table.noteRelease(of: 100) == false)
    table.remove(100)
    #expect(table.noteRelease(of: 100) == true)
  }

  @Test mutating func aRoleIsKnownUntilItIsReaped() {
    let reader = ChildTable.Role(name: "reader")
    table.add(100, .trial, role: reader)
    table.add(101, .instance(id))
    #expect(table.roles == [100: reader])
    table.remove(100)
    table.add(100, .instance(id))
    #expect(table.roles.isEmpty, "another process with the same number")
  }

  @Test mutating func aStopCommandIsFoundByItsProgram() {
    table.add(100, .stopCommand(id))
    #expect(table.pid(ofStopCommandOf: id) == 100)
    table.forget(100)
    #expect(table[100] == .abandoned)
    #expect(table.pid(ofStopCommandOf: id) == nil)
  }

  @Test mutating func aNewChildIsNotCountedAsTheOneThatHadItsNumber() {
    table.add(100, .lookup)
    table.forget(100)
    #expect(table.survivors.groups(of: .lookup) == [100])
    table.remove(100)
    table.add(100, .trial)
    #expect(table.survivors.isEmpty)
  }
}

@Suite struct AnnouncementLimitTests {
  private var limit = AnnouncementLimit()
  private let id = InstanceID(3)

  private mutating func take(_ count: Int, isStatus: Bool = false, after seconds: Int)
    -> [AnnouncementLimit.Verdict]
  {
    (0..<count).map { _ in
      limit.take(id, isStatus: isStatus, at: Instant.zero.advanced(by: .seconds(seconds)))
    }
  }

  @Test mutating func aBurstIsRecordedAndThenOneAMinute() {
    let burst = Array(repeating: AnnouncementLimit.Verdict.recorded, count: 10)
    #expect(take(12, after: 5) == burst + [.firstLeftOut, .leftOut])
    #expect(take(1, after: 64) == [.leftOut])
    #expect(take(2, after: 65) == [.recorded, .leftOut])
    #expect(take(3, after: 185) == [.recorded, .recorded, .leftOut])
  }

  @Test mutating func aQuietTimeRestoresTheBurst() {
    _ = take(12, after: 0)
    #expect(take(11, after: 600) == Array(repeating: .recorded, count: 10) + [.firstLeftOut])
  }

  @Test mutating func statusAndOtherProgramsHaveTheirOwnAllowances() {
    _ = take(11, isStatus: true, after: 0)
    #expect(take(1, after: 0) == [.recorded])
    #expect(limit.take(InstanceID(4), isStatus: true, at: .zero) == .recorded)
    limit.forget(id)
    #expect(take(1, isStatus: true, after: 0) == [.recorded])
  }
}

@Suite struct ConfigurationTrialTests {
  @Test func aReaderThatDoesNotEndIsTakenOutAtItsDeadline() {
    var trials = (1...3 as ClosedRange<Int32>).map { number in
      ConfigurationTrial(
        pid: number, words: -1, record: -1, purpose: .reload(nil),
        deadline: Instant(nanoseconds: UInt64(number)))
    }
    #expect(trials.nextDeadline == Instant(nanoseconds: 1))
    #expect(trials.takeOverdue(at: .zero).map(\.pid) == [])
    #expect(trials.takeOverdue(at: Instant(nanoseconds: 2)).map(\.pid) == [1, 2])
    #expect(trials.map(\.pid) == [3] && trials.nextDeadline == Instant(nanoseconds: 3))
    #expect(ReadingLimit.supervisor > .seconds(Int64(ReadingLimit.reader)))
  }
}

@Suite struct ProbeTableTests {
  @Test func aCheckIsFoundByItsProcessAndByItsPurpose() {
    var table = ProbeTable()
    let now = Instant.zero
    for (pid, purpose) in [(100, ProbePurpose.readiness), (101, .health)] as [(Int32, ProbePurpose)]
    {
      table.add(
        .init(instance: InstanceID(1), purpose: purpose, pid: pid, words: -1, began: now))
    }
    #expect(table.remove(InstanceID(1), .health)?.pid == 101)
    #expect(table.remove(InstanceID(1), .health) == nil)
    #expect(table.remove(pid: 100)?.purpose == .readiness)
    #expect(table.remove(pid: 100) == nil)
  }

  /// A check as a user of the roles shows that this user can execute the binary.
  @Test func aCheckOfAUserOfTheRolesIsIncludedUntilItEnds() {
    var table = ProbeTable()
    table.add(
      .init(instance: InstanceID(1), purpose: .health, pid: 100, words: -1, began: .zero))
    table.add(
      .init(
        instance: InstanceID(1), purpose: .readiness, pid: 102, words: -1, began: .zero,
        rights: ReducedRights.none))
    #expect(!table.includesOwnUser)
    table.add(
      .init(
        instance: InstanceID(2), purpose: .wait, pid: 101, words: -1, began: .zero,
        rights: ReducedRights(user: 65_521, capabilities: [])))
    #expect(table.includesOwnUser)
    #expect(table.remove(pid: 101)?.hasOwnUser == true)
    #expect(!table.includesOwnUser)
  }

  @Test func theLastWordsAreTheLastLine() throws {
    let pipe = try makePipe()
    defer { closeDescriptor(pipe.read) }
    try writeAll(pipe.write, Array("first\nconnection refused\n".utf8))
    closeDescriptor(pipe.write)
    let check = ProbeTable.Check(
      instance: InstanceID(1), purpose: .wait, pid: 100, words: pipe.read, began: .zero)
    #expect(check.lastWords() == "connection refused")
    #expect(check.lastWords() == "", "nothing more")
  }
}

@Suite struct ReadinessPipesTests {
  @Test func aProgramThatWritesForeverIsNotRead() {
    var pipes = ReadinessPipes()
    let id = InstanceID(1)
    #expect(pipes.accepts(64 << 10, from: id) == true)
    #expect(pipes.accepts(1, from: InstanceID(2)) == true)
    #expect(pipes.accepts(1, from: id) == false)
    pipes.forget(id)
    #expect(pipes.accepts(1, from: id) == true)
  }
}

@Suite struct ConnectionWatchTests {
  @Test func socketsAreWatchedAgainAfterAWhile() {
    var watch = ConnectionWatch()
    let now = Instant(nanoseconds: 5)
    watch.add(7, Token(slot: 1, generation: 1))
    watch.add(8, Token(slot: 2, generation: 1))
    #expect(watch.rearmAt == nil)
    watch.reported(at: now)
    let due = now.advanced(by: RoleWatch.interval)
    watch.reported(at: now.advanced(by: .milliseconds(1)))
    #expect(watch.rearmAt == due, "further connections do not put it off")
    #expect(watch.due(at: now.advanced(by: .milliseconds(2))).count == 0)
    #expect(watch.due(at: due).map(\.descriptor) == [7, 8])
    #expect(watch.rearmAt == nil)
    #expect(watch.due(at: due).count == 0)
  }
}

@Suite struct InputTableTests {
  private let id = InstanceID(3)

  @Test func whatDoesNotFitWaits() throws {
    var table = InputTable()
    let pipe = try makePipe()
    try makeNonBlocking(pipe.write)
    // A test whose bytes are lost fails instead of waiting for them.
    try makeNonBlocking(pipe.read)
    table.open(id, pipe.write)
    let block = [UInt8](repeating: 65, count: 256 << 10)
    #expect(table.write(block, to: id) == .written)
    #expect(table.isWaiting(id))
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var received = 0
    while received < block.count {
      received += try readBytes(pipe.read, into: &buffer)
      #expect(table.flush(id) == .written)
    }
    #expect(!table.isWaiting(id))
    table.close(id)
    #expect(try readBytes(pipe.read, into: &buffer) == 0)
    closeDescriptor(pipe.read)
  }

  @Test func aProgramThatDoesNotReadTakesBoundedMemory() throws {
    var table = InputTable()
    let pipe = try makePipe()
    try makeNonBlocking(pipe.write)
    table.open(id, pipe.write)
    let block = [UInt8](repeating: 65, count: 1 << 20)
    #expect(table.write(block, to: id) == .written)
    #expect(table.write(block, to: id) == .full)
    table.close(id)
    closeDescriptor(pipe.read)
  }

  @Test func aProgramWithoutAnInputTakesNothing() throws {
    var table = InputTable()
    #expect(table.write([1], to: id) == .closed)
    // As PID 1 does: a write to a pipe that nothing reads fails instead of ending the process.
    ignoreSignals([13])
    let pipe = try makePipe()
    try makeNonBlocking(pipe.write)
    table.open(id, pipe.write)
    closeDescriptor(pipe.read)
    #expect(table.write([1], to: id) == .closed)
    #expect(table.pipe(id) == nil)
  }
}
