import Glibc
import Linux
import Testing

@testable import Supervise

/// A pipe of one page, as a program can make the container's stdout.
@Suite final class LineOutletTests {
  private let ends: (read: Int32, write: Int32)
  private var place: LineOutlet

  init() throws {
    ends = try makePipe()
    // F_SETPIPE_SZ, which the Glibc module leaves out.
    #expect(fcntl(ends.write, 1031, 4096) >= 4096)
    try makeNonBlocking(ends.read)
    place = LineOutlet(ends.write)
  }

  deinit { for end in [ends.read, ends.write] { close(end) } }

  private func line(_ number: Int) -> String {
    "line \(number) " + String(repeating: "x", count: 100)
  }

  private func ended(_ text: String) -> [UInt8] { Array("\(text)\n".utf8) }

  /// What the pipe holds.
  private func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var bytes: [UInt8] = []
    while let count = try? readBytes(ends.read, into: &buffer), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// Rounds until the queue is empty, more than its size takes: a queue that never becomes empty
  /// fails the test and does not let it hang.
  private var rounds: Range<Int> { 0..<LineOutlet.maxQueued / 1024 }

  private func readAll() -> [String] {
    var bytes = read()
    for _ in rounds where place.isWaiting {
      place.flush()
      bytes += read()
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func linesForWhichThePipeHasNoRoomWaitInTheirOrder() {
    for number in 0..<1000 { place.write(ended(line(number))) }
    #expect(place.isWaiting)
    #expect(readAll() == (0..<1000).map(line))
    #expect(!place.isWaiting)
  }

  /// A line that comes while others wait is not written before them.
  @Test func aLineComesAfterTheOnesThatWait() {
    for number in 0..<100 { place.write(ended(line(number))) }
    var bytes = read()
    for number in 100..<110 { place.write(ended(line(number))) }
    for _ in rounds where place.isWaiting {
      bytes += read()
      place.flush()
    }
    bytes += read()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines == (0..<110).map(line))
  }

  @Test func linesBeyondTheLimitAreCounted() {
    let many = 2 * LineOutlet.maxQueued / 100
    for number in 0..<many { place.write(ended(line(number))) }
    let first = readAll()
    #expect(first.count > LineOutlet.maxQueued / 120 && first.count < many)
    #expect(first == (0..<first.count).map(line))
    #expect(place.lostLines == many - first.count)
    place.write(ended("next"), after: ended("some lost"))
    place.write(ended("last"))
    #expect(place.lostLines == 0)
    #expect(readAll() == ["some lost", "next", "last"])
  }

  /// It counts for no line, also where there is no room for it.
  @Test func aNoticeIsWrittenOrRepeated() {
    let many = 2 * LineOutlet.maxQueued / 100
    for _ in 0..<many where place.lostLines == 0 { place.write(ended(line(0))) }
    place.write([], after: ended(line(1)))
    #expect(place.lostLines == 1)
    _ = readAll()
    place.write([], after: ended("notice"))
    #expect(place.lostLines == 0)
    #expect(readAll() == ["notice"])
  }

  /// Half a line would spoil the next one.
  @Test func aLineOfAnyLengthIsWholeOrMissing() {
    let long = (0..<8).map { String(repeating: "\($0)", count: 60_000) }
    for text in long { place.write(ended(text)) }
    place.write(ended(String(repeating: "y", count: LineOutlet.maxQueued)))
    let lines = readAll()
    #expect(lines == Array(long.prefix(lines.count)))
    #expect(lines.count + place.lostLines == 9 && lines.count >= 4)
  }

  @Test func aReaderThatHasClosedItsEndCostsTheLinesThatWait() throws {
    signal(SIGPIPE, SIG_IGN)
    let broken = try makePipe()
    defer { closeDescriptor(broken.write) }
    var place = LineOutlet(broken.write)
    let all = (0..<1000).map { ended(line($0)) }
    for line in all { place.write(line) }
    #expect(place.isWaiting)
    let arrived = all.joined().prefix(try unreadBytes(broken.read))
    let ends = arrived.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    closeDescriptor(broken.read)
    place.flush()
    #expect(!place.isWaiting && ends > 0)
    #expect(place.lostLines == all.count - ends)
  }

  @Test func theEndWaitsForTheReaderNoLongerThanToldTo() {
    for number in 0..<100 { place.write(ended(line(number))) }
    let begin = monotonicNanoseconds()
    place.drain(until: begin + 50_000_000)
    #expect(place.isWaiting)
    #expect(monotonicNanoseconds() - begin >= 40_000_000)
    _ = read()
    place.drain(until: begin)
    #expect(place.isWaiting)
  }
}
