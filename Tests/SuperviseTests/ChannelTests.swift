import Linux
import NotifyProtocol
import SuperviseCore
import Testing

@testable import Supervise

/// Channels to roles, on real sockets: what the kernel does with a full one cannot be made up.
@Suite struct HelperLinkTests {
  private let now = Instant(nanoseconds: 1_000_000_000)

  private func link() throws -> (link: HelperLink, theirs: Int32) {
    let channel = try makeMessageChannel()
    var link = HelperLink()
    link.attach(channel: channel.ours, pid: 100)
    return (link, channel.theirs)
  }

  private func receive(_ raw: Int32) -> (bytes: [UInt8], passed: Int32?)? {
    var buffer = [UInt8](repeating: 0, count: 128 << 10)
    guard let (count, passed) = try? receiveMessage(raw, into: &buffer), count > 0 else {
      return nil
    }
    return (Array(buffer[..<count]), passed)
  }

  /// Flushes and receives until nothing more arrives.
  private func receiveAll(
    from link: inout HelperLink, _ raw: Int32
  ) -> [(bytes: [UInt8], passed: Int32?)] {
    var records: [(bytes: [UInt8], passed: Int32?)] = []
    var before = -1
    while records.count > before {
      before = records.count
      link.flush(at: now)
      while let record = receive(raw) { records.append(record) }
    }
    return records
  }

  @Test func recordsArriveInTheirOrder() throws {
    var (link, theirs) = try link()
    for byte in 1...3 as ClosedRange<UInt8> {
      link.send([byte], passing: nil, closing: false, at: now)
    }
    #expect(!link.waitsForRoom)
    #expect((1...3).map { _ in receive(theirs)?.bytes } == [[1], [2], [3]])
    link.detach()
    #expect(receive(theirs) == nil)
    closeDescriptor(theirs)
  }

  @Test func aFullChannelLosesNothing() throws {
    var (link, theirs) = try link()
    var sent = 0
    while !link.waitsForRoom {
      link.send([UInt8(sent % 251)], passing: nil, closing: false, at: now)
      sent += 1
    }
    link.send([255], passing: nil, closing: false, at: now)
    let received = receiveAll(from: &link, theirs).flatMap(\.bytes)
    #expect(received == (0..<sent).map { UInt8($0 % 251) } + [255])
    #expect(!link.waitsForRoom)
    link.detach()
    closeDescriptor(theirs)
  }

  /// The caller closes its descriptor after the call; the waiting record keeps one of its own.
  @Test func aDescriptorWaitsWithItsRecord() throws {
    var (link, theirs) = try link()
    while !link.waitsForRoom { link.send([1], passing: nil, closing: false, at: now) }
    let pipe = try makePipe()
    link.send([2], passing: pipe.read, closing: false, at: now)
    closeDescriptor(pipe.read)
    let received = receiveAll(from: &link, theirs)
    let passed = try #require(received.last?.passed)
    try writeAll(pipe.write, [7])
    var buffer: [UInt8] = [0]
    #expect(try readBytes(passed, into: &buffer) == 1)
    link.detach()
    for descriptor in [theirs, pipe.write, passed] { closeDescriptor(descriptor) }
  }

  @Test func aRecordThatCanNeverBeSentCondemnsTheRoleOnce() throws {
    var (link, theirs) = try link()
    link.send(Array(repeating: 1, count: 8 << 20), passing: nil, closing: false, at: now)
    #expect(link.condemn()?.hasPrefix("cannot be sent a record: ") == true)
    #expect(link.condemn() == nil)
    link.detach()
    closeDescriptor(theirs)
  }

  @Test func aRoleThatDoesNotReadForLongIsCondemned() throws {
    var (link, theirs) = try link()
    while !link.waitsForRoom { link.send([1], passing: nil, closing: false, at: now) }
    for _ in 0..<4095 { link.send([1], passing: nil, closing: false, at: now) }
    #expect(link.condemn() == nil)
    link.send([1], passing: nil, closing: false, at: now)
    #expect(link.condemn() == "does not read its channel")
    link.detach()
    closeDescriptor(theirs)
  }

  /// SIGCHLD reports the rest: nothing waits for a role that has ended.
  @Test func recordsForARoleThatHasEndedAreDropped() throws {
    var (link, theirs) = try link()
    closeDescriptor(theirs)
    link.send([1], passing: nil, closing: false, at: now)
    #expect(!link.waitsForRoom)
    #expect(link.condemn() == nil)
    link.detach()
    #expect(!link.isRunning)
  }

  @Test func withoutAChannelNothingIsReceived() throws {
    let link = HelperLink()
    var buffer: [UInt8] = [0]
    #expect(try link.receive(&buffer) == nil)
  }
}

/// One after another: the directory of the sockets has the name of the process.
@Suite(.serialized) struct NotificationSocketsTests {
  private let id = InstanceID(2)

  @Test func eachStartHasASocketOfItsOwnAtOneAddress() throws {
    var sockets = NotificationSockets()
    defer { sockets.removeAll() }
    let address = try sockets.address(of: id)
    #expect(try sockets.address(of: id) == address)
    try sockets.open(id, user: nil, group: nil)
    let first = try #require(sockets[id])
    #expect(sockets.open.isEmpty, "not started yet")
    sockets.began(id, pid: 100)
    #expect(sockets.open.map(\.pid) == [100])
    #expect(sockets.instance(of: first.origin) == id)
    sockets.retire(id)
    #expect(sockets.instance(of: first.origin) == nil)
    try sockets.open(id, user: nil, group: nil)
    let second = try #require(sockets[id])
    #expect(second.origin != first.origin)
    #expect(sockets.instance(of: second.origin) == id)
    #expect(sockets.instance(of: first.origin) == nil, "a late message of the process before")
  }

  /// The queue may hold descriptors whose close waits, so the role has to empty it first.
  @Test func aRetiredSocketStaysOpenUntilTheRoleHasEmptiedIt() throws {
    var sockets = NotificationSockets()
    defer { sockets.removeAll() }
    try sockets.open(id, user: nil, group: nil)
    let retired = sockets.retire(id)
    let entry = try #require(retired)
    #expect(sockets.retired.count == 1)
    #expect(isOpen(entry.socket))
    sockets.close(NotifyOrigin(instance: 2, generation: 99))
    #expect(sockets.retired.count == 1)
    sockets.close(entry.origin)
    #expect(sockets.retired.isEmpty)
  }
}
