import Glibc
import Linux
import Testing

@testable import Logger

/// What gzip(1) gets, on a real file.
@Suite struct CompressorTests: ~Copyable {
  private let path = "/tmp/compressor-\(ThisProcess.identifier)-\(monotonicNanoseconds())"

  deinit { try? removeFile(path) }

  /// A file that belongs to root and has these bits would run as root with the bytes of its log.
  @Test func bitsThatGiveRightsToAProgramAreNotCopied() throws {
    let file = Descriptor(adopting: try openFile(path, [.write, .create], mode: 0o600))
    let made = try fileStatus(of: file.raw)
    var log = made
    log.mode = 0o7755
    Compressor.admitReaders(of: log, to: file.raw, made)
    #expect(try fileStatus(path).mode == 0o755)
    log.mode = 0o640
    Compressor.admitReaders(of: log, to: file.raw, made)
    #expect(try fileStatus(path).mode == 0o640)
  }

  @Test func whatAUserHasMadeStaysThatUsersAndIsForNoOtherGroup() throws {
    let file = Descriptor(adopting: try openFile(path, [.write, .create], mode: 0o600))
    var made = try fileStatus(of: file.raw)
    made.user = 33
    made.group = 33
    var log = made
    log.user = 34
    log.group = 34
    log.mode = 0o664
    Compressor.admitReaders(of: log, to: file.raw, made)
    let status = try fileStatus(path)
    #expect(status.user == ThisProcess.effectiveUser && status.mode == 0o604)
  }

  /// A file of any size can be made out of nothing, by a hole.
  @Test func onlyWhatAFileOccupiesBringsProcessorTime() throws {
    let file = Descriptor(adopting: try openFile(path, [.write, .create], mode: 0o600))
    #expect(ftruncate(file.raw, 1 << 40) == 0)
    let status = try fileStatus(of: file.raw)
    #expect(status.size == 1 << 40 && status.allocated < 1 << 20)
    #expect(Compressor.objection(to: status) == "it is a sparse file")
    let shortest = Compressor.timeLimit(for: status)
    #expect((1...10).contains(shortest))
    var large = status
    large.allocated = 100 << 20
    large.size = 6 << 30
    #expect(Compressor.objection(to: large) == nil)
    large.kind = .pipe
    #expect(Compressor.objection(to: large) == "it is not a regular file")
    #expect(Compressor.timeLimit(for: large) == shortest + 100)
  }
}
