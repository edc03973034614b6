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
