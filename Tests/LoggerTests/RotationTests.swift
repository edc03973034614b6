import Testing

@testable import Logger

@Suite struct RotationTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: String
    var size: UInt64
    var limit: UInt64
    var cut: Int?
  }

  @Test(arguments: [
    Row(testDescription: "no limit", bytes: "line\n", size: 1000, limit: 0, cut: nil),
    Row(testDescription: "room left", bytes: "line\n", size: 0, limit: 6, cut: nil),
    Row(testDescription: "reaches the limit", bytes: "line\n", size: 0, limit: 5, cut: 5),
    Row(testDescription: "the last line that fits", bytes: "a\nb\nc\n", size: 0, limit: 5, cut: 4),
    Row(
      testDescription: "none fits: the first", bytes: "long line\nb\n", size: 4, limit: 6, cut: 10),
    Row(testDescription: "already above", bytes: "a\nb\n", size: 9, limit: 6, cut: 2),
    Row(testDescription: "an unfinished line", bytes: "abc", size: 4, limit: 6, cut: nil),
    Row(testDescription: "never a newline", bytes: "abcdef", size: 7, limit: 6, cut: 6),
  ])
  func linesStayWhole(_ row: Row) {
    #expect(Rotation.cut(Array(row.bytes.utf8)[...], size: row.size, limit: row.limit) == row.cut)
  }

  @Test func namesMoveUpFromTheOldest() {
    let three = Backups(path: "/l", count: 3, areCompressed: false)
    #expect(
      three.shift(free: nil) == [
        .rename("/l.2", to: "/l.3"), .rename("/l.1", to: "/l.2"), .rename("/l", to: "/l.1"),
      ])
    #expect(Backups(path: "/l", count: 0, areCompressed: true).shift(free: nil).isEmpty)
    let one = Backups(path: "/l", count: 1, areCompressed: false)
    #expect(one.shift(free: nil) == [.rename("/l", to: "/l.1")])
  }

  @Test func compressedFilesMoveUpToTheFirstGap() {
    let backups = Backups(path: "/l", count: 3, areCompressed: true)
    let last: [Backups.Step] = [
      .rename("/l.1", to: "/l.2"), .rename("/l.1.gz", to: "/l.2.gz"), .rename("/l", to: "/l.1"),
    ]
    #expect(backups.shift(free: 1) == [.rename("/l", to: "/l.1")])
    #expect(backups.shift(free: 2) == last)
    #expect(
      backups.shift(free: nil) == [
        .remove("/l.3"), .remove("/l.3.gz"), .rename("/l.2", to: "/l.3"),
        .rename("/l.2.gz", to: "/l.3.gz"),
      ] + last)
  }
}
