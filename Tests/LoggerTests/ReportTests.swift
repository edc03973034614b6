import Linux
import LoggerProtocol
import SafeText
import Testing

@testable import Logger

/// What is reported about log files, and what the next logger has to know.
@Suite struct ReportTests {
  private static let second: UInt64 = 1_000_000_000

  @Test func linesAboutOneLogAreLimitedAndCountedAndThoseAboutAnotherOneAreNot() {
    var limits = LineLimits()
    let admitted = (0..<100).map { _ in limits.admits("/a", at: Self.second) }
    #expect(admitted.count { $0 } == LineLimit.burst)
    let isOtherAdmitted = limits.admits("/b", at: Self.second)
    #expect(isOtherAdmitted)
    #expect(limits.nextReport == 2 * Self.second)
    let early = limits.takeLeftOut(at: 2 * Self.second - 1)
    #expect(early.isEmpty)
    let counted = limits.takeLeftOut(at: 2 * Self.second)
    #expect(counted.map(\.path) == ["/a"] && counted.map(\.count) == [100 - LineLimit.burst])
    #expect(limits.nextReport == nil)
  }

  @Test func aFileThatWasMadeIsKnownUntilAnotherOneIsOpened() {
    var made = MadeFiles()
    let (one, other) = (FileNumber(device: 1, inode: 2), FileNumber(device: 1, inode: 3))
    made.noteOpened("/a", one, isNew: true)
    made.noteOpened("/a", one, isNew: false)
    made.noteOpened("/b", other, isNew: false)
    var news = made.takeNews()
    #expect(news.map(\.path) == ["/a"] && news.map(\.number) == [one])
    #expect(made.has("/a", nil) && !made.has("/b", nil))
    made.noteOpened("/a", other, isNew: false)
    news = made.takeNews()
    #expect(news.map(\.path) == ["/a"] && news.map(\.number) == [nil])
    #expect(!made.has("/a", nil))
  }

  /// The number of a file that has been removed may belong to a file of another user by now.
  @Test func onlyAMarkedFileIsTheOneThatWasMade() throws {
    var made = MadeFiles()
    var status = try fileStatus("/")
    made.noteOpened("/a", FileNumber(status), isNew: true)
    status.mode = 0o1600
    #expect(made.has("/a", status))
    status.mode = 0o600
    #expect(!made.has("/a", status))
    status.mode = 0o1600
    status.inode &+= 1
    #expect(!made.has("/a", status))
  }

  @Test func theNextLoggerKnowsTheFilesThatTheLastOneHasMade() {
    var made = MadeFiles()
    let number = FileNumber(device: .max, inode: 1)
    for known in [number, nil] {
      let message = LoggerMessage.file(.made(path: "/a", known))
      guard case .file(.made(let path, let heard))? = LoggerMessage(message.encoded[...]) else {
        return #expect(Bool(false))
      }
      made.inherit(path, heard)
      #expect(made.has("/a", nil) == (known != nil))
    }
    let news = made.takeNews()
    #expect(news.isEmpty)
  }
}
