import Glibc
import Linux
import Testing

@testable import Gateway

@Suite struct LogFollowerTests {
  /// An empty file in memory, which may have any size and has no name.
  private func log() throws -> Int32 {
    let path = "/dev/shm/entrypoint-test-\(ThisProcess.identifier)-\(UInt64.random(in: 0 ... .max))"
    let raw = try openFile(path, [.readWrite, .create, .exclusive])
    try removeFile(path)
    return raw
  }

  @Test func aLogOfTheLargestSizeIsFollowedFromItsEnd() throws {
    let raw = try log()
    try #require(ftruncate(raw, .max) == 0)
    let follower = LogFollower(raw, line: "")
    #expect(follower.next() == [UInt8](repeating: 0, count: 1024))
    #expect(follower.next().isEmpty)
  }

  @Test func aPieceIsNotLongerThanItsLimit() throws {
    let raw = try log()
    let follower = LogFollower(raw, line: "")
    try #require(ftruncate(raw, off_t(LogFollower.largestPiece + 5)) == 0)
    #expect(follower.next().count == LogFollower.largestPiece)
    #expect(follower.next().count == 5)
    #expect(follower.next().isEmpty)
  }
}
