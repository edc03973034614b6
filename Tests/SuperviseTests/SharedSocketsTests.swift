import ProgramSpec
import SuperviseCore
import Testing

@testable import Supervise

/// What waits for the port of a closed TCP socket.
@Suite struct PortWaitTests {
  private var sockets = SharedSockets(hasPredecessor: false, at: .zero)
  private let first = InstanceID(1)
  private let second = InstanceID(2)
  private let pause = SharedSockets.PortWait.pause

  private static let limit = Duration.seconds(5)
  private static let socket = SharedSocket(
    address: .tcp(Endpoint(host: "127.0.0.1", port: 9000)))

  private func time(_ offset: Duration) -> Instant { Instant.zero.advanced(by: offset) }

  /// The socket of the section has been opened, and closed at the time zero.
  private mutating func close() {
    sockets.keep("f", 9)
    let descriptor = sockets.take("f", at: .zero)
    #expect(descriptor == 9)
  }

  private mutating func awaitsPort(at now: Instant = .zero) -> Bool {
    sockets.awaitPort(of: PortWaitTests.socket, "f", for: first, at: now)
  }

  @Test mutating func aPortThatNobodyHasClosedIsNotWaitedFor() {
    let none = sockets.take("f", at: .zero)
    #expect(none == nil)
    let waits = awaitsPort()
    #expect(!waits && sockets.nextDeadline == nil)
  }

  @Test mutating func portsOfAPredecessorAreWaitedForWhileItsClosersMayWork() {
    sockets = SharedSockets(hasPredecessor: true, at: .zero)
    let late = awaitsPort(at: time(PortWaitTests.limit))
    let early = awaitsPort()
    #expect(!late && early)
  }

  @Test mutating func allStartsOfASectionWaitAndEndTogether() {
    close()
    let waits = [awaitsPort(), sockets.wait(second, for: "f")]
    #expect(waits == [true, true])
    #expect(sockets.nextDeadline == time(pause))
    #expect(sockets.portsDue(at: .zero) == [])
    #expect(sockets.portsDue(at: time(pause)) == ["f"])
    let wait = sockets.endPortWait(of: "f")
    #expect(wait?.starts == [first, second])
    let again = wait.map { sockets.waitAgain($0, for: "f", at: time(pause)) }
    #expect(again == true && sockets.nextDeadline == time(pause + pause))
    let end = sockets.endPortWait(of: "f").map {
      sockets.waitAgain($0, for: "f", at: time(PortWaitTests.limit))
    }
    #expect(end == false && sockets.nextDeadline == nil)
    let next = awaitsPort(at: time(PortWaitTests.limit))
    #expect(!next)
  }

  /// Nothing of a cancelled start shortens the wait of the next one.
  @Test mutating func aWaitWithoutStartsIsOver() {
    close()
    let waits = [awaitsPort(), sockets.wait(second, for: "f")]
    #expect(waits == [true, true])
    sockets.cancel(first)
    #expect(sockets.portsDue(at: time(pause)) == ["f"])
    sockets.cancel(second)
    #expect(sockets.nextDeadline == nil)
    let waitsAgain = sockets.wait(first, for: "f")
    #expect(!waitsAgain)
  }

  @Test mutating func eachCloseBeginsANewLimit() {
    close()
    sockets.keep("g", 10)
    let descriptor = sockets.take("g", at: time(PortWaitTests.limit))
    let waits = awaitsPort(at: time(PortWaitTests.limit))
    #expect(descriptor == 10 && waits)
  }
}

/// Starts that wait for the role which binds the path of a unix socket.
@Suite struct BindingTests {
  private var sockets = SharedSockets(hasPredecessor: false, at: .zero)
  private let first = InstanceID(1)
  private let second = InstanceID(2)

  /// The role with this pid binds the path of a section, for the first start.
  private mutating func began(_ section: String, pid: Int32, deadline: Duration = .seconds(10)) {
    sockets.began(
      .init(
        section: section, socket: SharedSocket(address: .unix("/run/\(section).sock")), pid: pid,
        descriptor: pid + 1000, file: pid + 2000, deadline: .zero.advanced(by: deadline),
        starts: [first]))
  }

  @Test mutating func aCancelledStartNoLongerWaitsForTheRole() {
    began("f", pid: 100)
    let waits = sockets.wait(second, for: "f")
    sockets.cancel(first)
    let binding = sockets.ended(100)
    #expect(waits && binding?.starts == [second])
  }

  /// The role is not interrupted: the next start finds the socket.
  @Test mutating func theRoleContinuesWithoutStarts() {
    began("f", pid: 100)
    sockets.cancel(first)
    let waits = sockets.wait(second, for: "f")
    let binding = sockets.ended(100)
    #expect(waits && binding?.starts == [second])
  }

  @Test mutating func onlyTheBindingOfARemovedSectionIsTakenOut() {
    began("f", pid: 100)
    began("g", pid: 101)
    let binding = sockets.endBinding(of: "g")
    #expect(binding?.pid == 101 && binding?.descriptor == 1101 && binding?.file == 2101)
    let again = sockets.endBinding(of: "g")
    let (removed, other) = (sockets.wait(second, for: "g"), sockets.wait(second, for: "f"))
    #expect(again == nil && !removed && other)
  }

  @Test mutating func theDeadlineOfEachRoleIsItsOwn() {
    began("f", pid: 100, deadline: .seconds(10))
    began("g", pid: 101, deadline: .seconds(5))
    #expect(sockets.nextDeadline == .zero.advanced(by: .seconds(5)))
    #expect(sockets.overdue(at: .zero) == [])
    #expect(sockets.overdue(at: .zero.advanced(by: .seconds(5))) == [101])
    #expect(sockets.overdue(at: .zero.advanced(by: .seconds(10))) == [100, 101])
    let ended = sockets.ended(101)
    #expect(ended?.section == "g")
    #expect(sockets.nextDeadline == .zero.advanced(by: .seconds(10)))
  }
}
