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
    let renames = Rotation.renames("/l", backups: 3).map { "\($0.from)>\($0.to)" }
    #expect(renames == ["/l.2>/l.3", "/l.1>/l.2", "/l>/l.1"])
    #expect(Rotation.renames("/l", backups: 0).isEmpty)
    #expect(Rotation.renames("/l", backups: 1).map(\.to) == ["/l.1"])
  }
}
