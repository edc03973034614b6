import Glibc
import Linux
import Testing

/// Starting programs on the real kernel: what a child gets, and what it says of a step that failed.
@Suite(.serialized) struct SpawnTests {
  struct Failing: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var stage: SpawnReport.Stage
    var error: Int32
    var change: @Sendable (inout Launch.Recipe) -> Void
    var needsRoot = false
  }

  static let failing = [
    Failing(testDescription: "no such directory", stage: .directory, error: ENOENT) {
      $0.directory = "/no/such"
    },
    Failing(testDescription: "no such file", stage: .exec, error: ENOENT) { $0.path = "/no/such" },
    Failing(testDescription: "no program", stage: .exec, error: ENOEXEC) {
      $0.path = SpawnTests.textFile
    },
    Failing(testDescription: "a limit above the hard one", stage: .limits, error: EINVAL) {
      $0.limits = [(resource: 7, soft: 10, hard: 5)]
    },
    Failing(testDescription: "no such processor", stage: .processors, error: EINVAL) {
      $0.processors = [1023]
    },
    Failing(
      testDescription: "no such capability", stage: .capabilities, error: EINVAL,
      change: { $0.capabilities = 1 << 62 }, needsRoot: true),
    Failing(testDescription: "an oom score out of range", stage: .oomScore, error: EINVAL) {
      $0.oomScoreAdjustment = 5000
    },
  ]

  static let textFile: String = {
    let path = "/tmp/entrypoint-spawn-\(getpid())"
    let file = fopen(path, "w")
    fputs("no program\n", file)
    fclose(file)
    chmod(path, 0o755)
    return path
  }()

  @Test(arguments: failing) func reportsTheStepThatFailed(_ row: Failing) throws {
    guard !row.needsRoot || geteuid() == 0 else { return }
    var recipe = Launch.Recipe(path: "/bin/true", arguments: ["true"], environment: [])
    row.change(&recipe)
    var reports = SpawnReports()
    let report = try reports.report(0)
    let pid = try Launch(recipe).start(.init(input: nil, output: nil, error: nil), report: report)
    #expect(ending(of: pid) == .exited(code: 127))
    #expect(report.failure?.stage == row.stage)
    #expect(report.failure?.error == Errno(code: row.error))
  }

  @Test func aChildHasOnlyWhatItWasGiven() throws {
    // As a container runtime leaves descriptors open: without FD_CLOEXEC. dup(2) never sets it.
    let leaked = dup(0)
    defer { close(leaked) }
    let handler = signal(SIGUSR2, SIG_IGN)
    defer { signal(SIGUSR2, handler) }
    var mask = block(SIGUSR1)
    defer { pthread_sigmask(SIG_SETMASK, &mask, nil) }
    // The fourth is ls' own, for the directory.
    #expect(try output(of: ["ls", "/proc/self/fd"]) == "0\n1\n2\n3\n")
    // Not in a shell, some of which unblock all signals when they start.
    let status = try output(of: ["cat", "/proc/self/status"])
    #expect(status.contains("SigBlk:\t0000000000000000"))
    #expect(status.contains("SigIgn:\t0000000000000000"))
  }

  @Test func aChildLeadsItsOwnGroupAndSession() throws {
    let text = try output(of: ["sh", "-c", "echo $$; cut -d' ' -f5,6 /proc/$$/stat"])
    let words = text.split { $0 == "\n" || $0 == " " }
    #expect(words.count == 3 && Set(words).count == 1)
  }

  @Test func aThousandStartsLeaveNoDescriptorBehind() throws {
    var reports = SpawnReports()
    let report = try reports.report(0)
    let launch = Launch(.init(path: "/bin/true", arguments: ["true"], environment: []))
    let before = try listDirectory("/proc/self/fd").count
    for _ in 0..<1000 {
      let pid = try launch.start(.init(input: nil, output: nil, error: nil), report: report)
      #expect(ending(of: pid) == .exited(code: 0))
    }
    // Other tests of this process open some meanwhile; one left behind each time would be a
    // thousand.
    #expect(try listDirectory("/proc/self/fd").count < before + 500)
  }

  /// PID 1 decides what follows from an end while nobody else can be given the number.
  @Test func aChildThatHasEndedKeepsItsNumberUntilItIsReaped() throws {
    var reports = SpawnReports()
    let recipe = Launch.Recipe(
      path: "/bin/sh", arguments: ["sh", "-c", "exit 3"], environment: [])
    let pid = try Launch(recipe).start(
      .init(input: nil, output: nil, error: nil), report: try reports.report(0))
    var information = siginfo_t()
    #expect(waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) == 0)
    let handle = try openProcess(pid)
    defer { closeDescriptor(handle) }
    #expect(peekChild(behind: handle) == peekChild(pid))
    for _ in 0..<2 {
      guard case .ended(let child) = peekChild(pid) else {
        Issue.record("the child is not reported")
        return
      }
      #expect(child.pid == pid && child.how == .exited(code: 3))
    }
    #expect(reap(pid) > 0)
    #expect(peekChild(pid) == .noChildren)
    #expect(peekChild(behind: handle) == .noChildren)
  }

  @Test func onlyAChildIsSeenThroughItsHandle() throws {
    let handle = try openProcess(getppid())
    defer { closeDescriptor(handle) }
    #expect(peekChild(behind: handle) == .noChildren)
  }

  /// Blocks the signal in this thread; the mask as it was.
  private func block(_ signal: Int32) -> sigset_t {
    var (blocked, before) = (sigset_t(), sigset_t())
    sigemptyset(&blocked)
    sigaddset(&blocked, signal)
    pthread_sigmask(SIG_BLOCK, &blocked, &before)
    return before
  }

  /// Waits for it, and reaps it.
  private func ending(of pid: Int32) -> EndedChild.How? {
    var status: Int32 = 0
    guard waitpid(pid, &status, 0) == pid else { return nil }
    let signal = status & 0x7F
    return signal == 0
      ? .exited(code: (status >> 8) & 0xFF)
      : .killed(signal: signal, coreDumped: status & 0x80 != 0)
  }

  private func output(of words: [String]) throws -> String {
    let pipe = try makePipe()
    defer { closeDescriptor(pipe.read) }
    var reports = SpawnReports()
    let recipe = Launch.Recipe(
      path: "/bin/\(words[0])", arguments: words, environment: ["PATH=/usr/bin:/bin"])
    let streams = Launch.Streams(input: nil, output: pipe.write, error: nil)
    let pid = try Launch(recipe).start(streams, report: try reports.report(0))
    closeDescriptor(pipe.write)
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = try readBytes(pipe.read, into: &buffer), count > 0 {
      text += buffer[..<count]
    }
    #expect(ending(of: pid) == .exited(code: 0))
    return String(decoding: text, as: UTF8.self)
  }
}
