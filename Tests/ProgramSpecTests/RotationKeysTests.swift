import ProgramSpec
import Testing

/// Keys of rotation: what they mean, and what is said where they mean nothing.
@Suite struct RotationKeysTests {
  private static func read(_ keys: String, kind: String = "program")
    -> ConfigurationReader.Reading
  {
    Workbench.readUnits("[\(kind):p]\ncommand=x\n\(keys)\n")
  }

  @Test func bothAreReadForEachStream() throws {
    let reading = Self.read(
      """
      stdout_logfile=/var/log/p.log, /dev/stdout
      stdout_logfile_compress=gzip
      stdout_logfile_rotate=daily
      stdout_logfile_backups=14
      stderr_logfile=AUTO
      stderr_logfile_compress=none
      stderr_logfile_rotate=size
      """)
    #expect(reading.messages == [])
    let output = try #require(reading.program("p")?.processes.first?.execution.output)
    #expect(output.stdout.compress && output.stdout.rotatesDaily && output.stdout.backups == 14)
    #expect(!output.stderr.compress && !output.stderr.rotatesDaily)
  }

  @Test(arguments: [
    ("stdout_logfile_backups=3", true), ("stdout_logfile_maxbytes=1MB", true),
    ("stdout_logfile_rotate=daily", true), ("stdout_logfile_backups=10", false),
    ("numprocs=2\nprocess_name=%(process_num)d", false), ("enabled=false\nnumprocs=1", false),
  ])
  func twoWaysToRotateOneFileAreSaid(_ keys: String, _ isSaid: Bool) {
    let reading = Self.read(
      "stdout_logfile=/l\n[program:q]\ncommand=x\n\(keys)\nstdout_logfile=/dev/stdout, /l")
    let warning =
      "8:16: warning: stdout_logfile=/dev/stdout, /l in [program:q]: stdout_logfile of "
      + "[program:p], at 4, writes to /l too and has it rotated in another way; "
      + "whichever starts first has its way; write the same for both"
    #expect(reading.messages == (isSaid ? [warning] : []))
  }

  @Test func aFileThatIsNeverRotatedHasNoTwoWays() {
    let keys = "stdout_logfile=/l\nstdout_logfile_maxbytes=0\nstderr_logfile=/l\n"
    #expect(Self.read(keys + "stderr_logfile_maxbytes=0\nstderr_logfile_backups=3").messages == [])
    #expect(Self.read(keys).messages.count == 1)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var keys: String
    var message: String
  }

  private static let noFile =
    "no file is written, and nothing else is rotated; write stdout_logfile=/path"

  @Test(arguments: [
    Row(
      testDescription: "another compression",
      keys: "stdout_logfile=/l\nstdout_logfile_compress=zstd",
      message: "5:25: error: stdout_logfile_compress=zstd in [program:p]: "
        + "'zstd' is none of none, gzip"),
    Row(
      testDescription: "another turn", keys: "stdout_logfile=/l\nstdout_logfile_rotate=weekly",
      message: "5:23: error: stdout_logfile_rotate=weekly in [program:p]: "
        + "'weekly' is none of size, daily"),
    Row(
      testDescription: "daily without a file",
      keys: "stdout_logfile=/dev/stdout\nstdout_logfile_rotate=daily",
      message: "5:23: warning: 'stdout_logfile_rotate' in [program:p] has no effect: \(noFile)"),
    Row(
      testDescription: "gzip without a file",
      keys: "stdout_logfile=NONE\nstdout_logfile_compress=gzip",
      message: "5:25: warning: 'stdout_logfile_compress' in [program:p] has no effect: \(noFile)"),
    Row(
      testDescription: "gzip without rotated files",
      keys: "stdout_logfile=/l\nstdout_logfile_compress=gzip\nstdout_logfile_backups=0",
      message: "5:25: warning: 'stdout_logfile_compress' in [program:p] has no effect: "
        + "no rotated file is kept; write stdout_logfile_backups=10"),
    Row(
      testDescription: "gzip without rotation",
      keys: "stdout_logfile=/l\nstdout_logfile_compress=gzip\nstdout_logfile_maxbytes=0",
      message: "5:25: warning: 'stdout_logfile_compress' in [program:p] has no effect: "
        + "stdout_logfile_maxbytes=0 means no rotation; write stdout_logfile_rotate=daily"),
  ])
  func whatIsWrongIsSaid(_ row: Row) {
    #expect(Self.read(row.keys).messages == [row.message])
  }

  @Test func aMachineWithoutGzipIsSaidToBe() {
    var bench = Workbench([
      "/etc/e.conf": """
      [supervisord]
      [hook:h]
      command=x
      stderr_logfile=/l
      stderr_logfile_compress=gzip
      """
    ])
    bench.surroundings.hasCommand = { $0 != "gzip" }
    let reading = ConfigurationReader.read(path: "/etc/e.conf", in: bench.surroundings)
    #expect(
      reading.messages == [
        "5:25: warning: 'stderr_logfile_compress' in [hook:h] has no effect: "
          + "there is no gzip in PATH, so rotated files stay as they are; install gzip"
      ])
  }

  @Test func keysOfAStreamThatGoesElsewhereAreNotLookedAt() {
    let keys = "redirect_stderr=true\nstderr_logfile_compress=gzip\nstdout_logfile=/l"
    #expect(Self.read(keys).messages == [])
  }
}
