import Glibc
import Linux
import Testing

@Suite struct SystemTests {
  @Test func aFullPipeTakesNothingAndHoldsNobodyUp() throws {
    let pipe = try makePipe()
    let block = [UInt8](repeating: 1, count: 4096)
    var written = 0
    while case let count = try writeWithoutBlocking(pipe.write, block, 0..<4096), count > 0 {
      written += count
    }
    #expect(written > 0)
    #expect(try writeWithoutBlocking(pipe.write, block, 0..<4096) == 0)
    closeDescriptor(pipe.read)
    closeDescriptor(pipe.write)
  }

  @Test func aTokenComesBackWithItsGeneration() throws {
    var poller = try Poller()
    let pipe = try makePipe()
    let token = Token(slot: 7, generation: 0xFFFF_FFFF)
    try poller.add(pipe.read, .readable, token)
    #expect(try poller.wait(milliseconds: 0) == 0)
    try writeAll(pipe.write, [1])
    #expect(try poller.wait(milliseconds: 1000) == 1)
    #expect(poller.event(0).token == token)
    poller.remove(pipe.read)
    #expect(try poller.wait(milliseconds: 0) == 0)
    closeDescriptor(pipe.read)
    closeDescriptor(pipe.write)
  }

  @Test func aTimerWakesOnceItsTimeHasCome() throws {
    let timer = try Timer()
    try timer.arm(at: monotonicNanoseconds() + 5_000_000)
    #expect(try waitFor(timer.raw, .readable, milliseconds: 2000))
    timer.drain()
    #expect(try !waitFor(timer.raw, .readable, milliseconds: 0))
    try timer.arm(at: nil)
  }

  @Test func descriptorsTravelWithMessages() throws {
    let channel = try makeMessageChannel()
    let pipe = try makePipe()
    try sendMessage(channel.ours, [1, 2, 3], passing: pipe.read)
    var buffer = [UInt8](repeating: 0, count: 16)
    let (count, passed) = try receiveMessage(channel.theirs, into: &buffer)
    #expect(Array(buffer[..<count]) == [1, 2, 3])
    try writeAll(pipe.write, [9])
    let received = try #require(passed)
    #expect(fcntl(received, F_GETFD) & FD_CLOEXEC != 0)
    #expect(try readBytes(received, into: &buffer) == 1)
    #expect(buffer[0] == 9)
    for descriptor in [received, pipe.read, pipe.write, channel.ours, channel.theirs] {
      closeDescriptor(descriptor)
    }
  }

  /// A role that does not read must not make PID 1 wait.
  @Test func aMessageForAFullChannelIsRefusedImmediately() throws {
    let channel = try makeMessageChannel()
    defer { closeDescriptor(channel.ours) }
    defer { closeDescriptor(channel.theirs) }
    // A call that waited would fail only after this time.
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    #expect(setsockopt(channel.ours, SOL_SOCKET, SO_SNDTIMEO, &limit, size) == 0)
    let begun = monotonicNanoseconds()
    #expect(throws: Errno.wouldBlock) {
      for _ in 0..<100_000 { try sendMessage(channel.ours, [1]) }
    }
    #expect(throws: Errno.wouldBlock) {
      try sendMessage(channel.ours, [1], passing: channel.theirs)
    }
    #expect(monotonicNanoseconds() - begun < 8_000_000_000)
  }

  /// Only what can never be sent is refused.
  @Test func aRoleWaitsForRoomAndHearsOfARecordThatIsTooLong() throws {
    let channel = try makeMessageChannel()
    #expect(throws: Errno.messageTooLong) {
      try sendMessageWaiting(channel.ours, [UInt8](repeating: 0, count: 1 << 20))
    }
    closeDescriptor(channel.theirs)
    // A process that another test starts meanwhile has a copy of the closed end until it calls
    // execve(2). The first messages may be accepted, and their loss is reported once (ECONNRESET).
    var problem: Errno?
    for _ in 0..<500 where problem != .brokenPipe {
      do throws(Errno) { try sendMessageWaiting(channel.ours, [1]) } catch { problem = error }
      if problem != .brokenPipe { pauseFor(milliseconds: 10) }
    }
    #expect(problem == .brokenPipe)
    closeDescriptor(channel.ours)
  }

  @Test func aSocketInUseIsNotTakenAndAStaleOneIs() throws {
    let path = "/tmp/entrypoint-socket-\(getpid())"
    let first = try listenLocally(path, mode: 0o600).socket
    #expect(throws: PathProblem.system(.addressInUse)) { try listenLocally(path, mode: 0o600) }
    closeDescriptor(first)
    // A process that another test starts meanwhile has a copy of the socket until it calls
    // execve(2), so the first attempts may find the address in use.
    var second: Int32?
    for _ in 0..<500 where second == nil {
      second = try? listenLocally(path, mode: 0o600).socket
      if second == nil { pauseFor(milliseconds: 10) }
    }
    let socket = try #require(second)
    #expect(try fileStatus(path).mode == 0o600)
    closeDescriptor(socket)
    try removeFile(path)
  }

  struct Command: CustomTestStringConvertible, Sendable {
    var name: String
    var result: Result<String, ExecutableProblem>
    var testDescription: String { name }
  }

  @Test(arguments: [
    Command(name: "sh", result: .success("/bin/sh")),
    Command(name: "/bin/sh", result: .success("/bin/sh")),
    Command(name: "no-such-command", result: .failure(.notFound)),
    Command(name: "/etc", result: .failure(.isDirectory)),
    Command(name: "/etc/passwd", result: .failure(.notExecutable)),
  ])
  func commandsAreFoundAsSupervisordFindsThem(_ row: Command) {
    #expect(findExecutable(row.name, searchPath: "/bin:/usr/bin") == row.result)
  }

  @Test func accountsAreReadWithoutANameService() {
    let accounts = Accounts(
      passwd: Array(
        "root:x:0:0:root:/root:/bin/sh\nbroken\nwww:x:33:34::/var/www:/bin/false\n".utf8),
      group: Array("www:x:34:\nadm:x:4:www,root\nother:x:9:root\n".utf8))
    let www = accounts.user(named: "www")
    #expect(www?.user == 33)
    #expect(accounts.user(numbered: 33) == www)
    #expect(www.map(accounts.groups) == [34, 4])
    #expect(accounts.user(named: "broken") == nil)
  }
}
