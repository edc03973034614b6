import Glibc
import Linux
import Testing

@testable import Supervise

/// A pipe of one page, as a program can make the container's stdout.
@Suite final class MainLogPlaceTests {
  private let ends: (read: Int32, write: Int32)
  private var place: MainLogPlace

  init() throws {
    ends = try makePipe()
    // F_SETPIPE_SZ, which the Glibc module leaves out.
    #expect(fcntl(ends.write, 1031, 4096) >= 4096)
    try makeNonBlocking(ends.read)
    place = MainLogPlace(ends.write)
  }

  deinit { for end in [ends.read, ends.write] { close(end) } }

  private func line(_ number: Int) -> String {
    "line \(number) " + String(repeating: "x", count: 100)
  }

  /// What the pipe holds.
  private func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var bytes: [UInt8] = []
    while let count = try? readBytes(ends.read, into: &buffer), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }

  private func readAll() -> [String] {
    var bytes = read()
    while place.isWaiting {
      place.flush()
      bytes += read()
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func linesForWhichThePipeHasNoRoomWaitInTheirOrder() {
    for number in 0..<1000 { place.write(line(number)) }
    #expect(place.isWaiting)
    #expect(readAll() == (0..<1000).map(line))
    #expect(!place.isWaiting)
  }

  /// A line that comes while others wait is not written before them.
  @Test func aLineComesAfterTheOnesThatWait() {
    for number in 0..<100 { place.write(line(number)) }
    var bytes = read()
    for number in 100..<110 { place.write(line(number)) }
    while place.isWaiting {
      bytes += read()
      place.flush()
    }
    bytes += read()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines == (0..<110).map(line))
  }

  @Test func linesBeyondTheLimitAreCounted() {
    let many = 2 * MainLogPlace.maxQueued / 100
    for number in 0..<many { place.write(line(number)) }
    let first = readAll()
    #expect(first.count > MainLogPlace.maxQueued / 120 && first.count < many)
    #expect(first == (0..<first.count).map(line))
    place.write("next")
    place.write("last")
    #expect(readAll() == ["next (\(many - first.count) lines were lost here)", "last"])
  }

  @Test func aReaderThatHasClosedItsEndCostsTheLinesThatWait() throws {
    signal(SIGPIPE, SIG_IGN)
    let broken = try makePipe()
    defer { closeDescriptor(broken.write) }
    var place = MainLogPlace(broken.write)
    for number in 0..<1000 { place.write(line(number)) }
    #expect(place.isWaiting)
    closeDescriptor(broken.read)
    place.flush()
    #expect(!place.isWaiting)
  }

  @Test func theEndWaitsForTheReaderNoLongerThanToldTo() {
    for number in 0..<100 { place.write(line(number)) }
    let begin = monotonicNanoseconds()
    place.drain(until: begin + 50_000_000)
    #expect(place.isWaiting)
    #expect(monotonicNanoseconds() - begin >= 40_000_000)
    _ = read()
    place.drain(until: begin)
    #expect(place.isWaiting)
  }
}
