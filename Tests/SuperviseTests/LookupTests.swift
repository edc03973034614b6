import Linux
import ProgramSpec
import SuperviseCore
import Testing

@testable import Supervise

/// The starts and the requests that wait for the lookup role.
@Suite struct HostLookupTests {
  private var lookup = HostLookup()
  private let first = InstanceID(1)
  private let second = InstanceID(2)
  private let request = HostLookup.PendingRequest(
    request: .start(["p"], waits: true), client: .init(slot: 3, generation: 4),
    origin: ClientOrigin(.control(user: 0)), isOfGateway: false, targets: [InstanceID(1)])

  /// A role that has written no record.
  private mutating func begin() throws {
    let file = try MemoryFile(named: "lookup")
    lookup.began(100, try duplicateDescriptor(file.raw), at: .zero)
  }

  @Test mutating func aRoleIsDueWhileSomethingWaits() throws {
    #expect(!lookup.isDue)
    lookup.wait(first)
    #expect(lookup.isDue)
    try begin()
    #expect(!lookup.isDue && lookup.pid == 100)
    #expect(lookup.deadline == .zero.advanced(by: HostLookup.limit))
    lookup.wait(request)
    #expect(!lookup.isDue, "one role at a time")
    let ended = lookup.ended()
    #expect(ended.spawns == [first] && ended.requests.isEmpty)
    #expect(lookup.isDue && lookup.deadline == nil)
  }

  @Test mutating func aStartThatIsCancelledBeforeTheRoleBeginsNeedsNoRole() {
    lookup.wait(first)
    lookup.cancel(second)
    #expect(lookup.isDue)
    lookup.cancel(first)
    #expect(!lookup.isDue)
  }

  @Test mutating func aStartThatIsCancelledWhileTheRoleRunsIsNotReturned() throws {
    lookup.wait(first)
    lookup.wait(second)
    try begin()
    lookup.cancel(first)
    let ended = lookup.ended()
    #expect(ended.spawns == [second])
  }

  @Test mutating func whatWaitsForARoleThatCannotBeStartedIsReturnedOnce() {
    lookup.wait(first)
    lookup.wait(request)
    let waiting = lookup.failedToBegin()
    #expect(waiting.spawns == [first])
    #expect(waiting.requests.map(\.client) == [request.client])
    #expect(!lookup.isDue)
    let again = lookup.failedToBegin()
    #expect(again.spawns.isEmpty && again.requests.isEmpty)
  }
}
