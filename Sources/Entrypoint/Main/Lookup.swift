import Command
import Linux
import ProgramSpec

/// `entrypoint: lookup`: answers the questions about commands and users that PID 1 has written to a
/// `MemoryFile`, in the same file.
enum Lookup {
  /// In seconds: PID 1 waits no longer either.
  private static let limit: UInt32 = 10

  static func main() -> Int32 {
    ThisProcess.setTitle("entrypoint: lookup")
    ThisProcess.setAlarm(seconds: limit)
    guard let file = MemoryFile(adopting: MemoryFile.roleDescriptor),
      let bytes = try? file.contents(limit: HostRecord.maxBytes),
      let asked = HostRecord(encoded: bytes)
    else { return ExitCode.usage }
    let answered = asked.answered(by: .real(calledAs: .entrypoint))
    guard (try? file.replace(with: answered.encoded)) != nil else { return ExitCode.usage }
    return ExitCode.success
  }
}
