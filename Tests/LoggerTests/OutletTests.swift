import Glibc
import Linux
import Testing

@testable import Logger

/// Pipes whose reader is slow.
@Suite struct OutletTests {
  /// O_DIRECT of pipe(2), which the Glibc module leaves out: a read returns what one write has
  /// written.
  #if arch(arm64)
    private let direct: Int32 = 0o200000
  #else
    private let direct: Int32 = 0o40000
  #endif

  /// The read end and the write end, both non-blocking.
  private func makePipe(_ flags: Int32 = 0) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    for end in ends { #expect(fcntl(end, F_SETFL, O_NONBLOCK | flags) == 0) }
    return (ends[0], ends[1])
  }

  private func text(lines: Int) -> [UInt8] {
    (0..<lines).flatMap { Array("line \($0) of a program that writes much\n".utf8) }
  }

  @Test func aSlowReaderGetsEveryByte() {
    let ends = makePipe()
    defer { close(ends.read) }
    defer { close(ends.write) }
    let bytes = text(lines: 20_000)
    var outlet = Outlet(ofOurOwn: ends.write)
    outlet.write(bytes)
    #expect(outlet.isStuck)
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 5000)
    while case let count = read(ends.read, &buffer, buffer.count), count > 0 {
      received += buffer[..<count]
      outlet.flush()
    }
    #expect(received == bytes && !outlet.isStuck)
    #expect(outlet.takeDropped() == 0)
  }

  /// Programs write to the same pipe: a piece that ended within a line would let a line of another
  /// process come in between.
  @Test func eachPieceEndsWithALine() {
    let ends = makePipe(direct)
    defer { close(ends.read) }
    defer { close(ends.write) }
    var outlet = Outlet(ofOurOwn: ends.write)
    outlet.write(text(lines: 1000))
    var pieces = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = read(ends.read, &buffer, buffer.count), count > 0 {
      #expect(count <= pipeAtomicSize && buffer[count - 1] == UInt8(ascii: "\n"))
      pieces += 1
      outlet.flush()
    }
    #expect(pieces > 5)
  }

  @Test func whatNobodyWillReadIsCounted() {
    // As the logger does.
    signal(SIGPIPE, SIG_IGN)
    let ends = makePipe()
    var outlet = Outlet(ofOurOwn: ends.write)
    defer { close(ends.write) }
    close(ends.read)
    outlet.write(text(lines: 10))
    #expect(!outlet.isStuck && outlet.failure == .brokenPipe)
    #expect(outlet.takeDropped() == UInt64(text(lines: 10).count))
  }
}
