import Glibc
import Linux
import Probe
import ProgramSpec
import SuperviseCore
import Support
import Testing

/// Whole checks, against scripted servers on loopback, files and commands.
struct CheckTests {
  private func run(_ url: String, _ timeout: Duration = .seconds(10)) throws -> Verdict {
    ProbeRole.run(url: try ProbeURL.parse(url), timeout: timeout)
  }

  /// Runs the check while `serve` plays the server's part for one client.
  private func run(
    _ url: (UInt16) -> String, _ timeout: Duration = .seconds(10),
    serve: @escaping @Sendable (Peer) -> Void
  ) throws -> (verdict: Verdict, place: String) {
    let socket = LoopbackSocket(.stream)
    let thread = BackgroundThread { if let client = socket.accept() { serve(client) } }
    defer { thread.join() }
    return (try run(url(socket.port), timeout), "127.0.0.1:\(socket.port)")
  }

  @Test func commandsAndFiles() throws {
    let missing = "/nonexistent/entrypoint"
    let rows: [(url: String, verdict: Verdict)] = [
      ("exec:true", .passed("true: exited with 0")),
      ("exec:false", .failed("false: exited with 1")),
      ("exec:sh -c 'echo one; echo two; echo'", .passed("sh: two")),
      ("exec:sh -c 'printf 12; exit 3'", .failed("sh: exited with 3: 12")),
      ("exec:sh -c 'echo no >&2; exit 1'", .failed("sh: exited with 1: no")),
      ("exec:sh -c 'kill -9 $$'", .failed("sh: was killed by signal 9")),
      ("exec:\(missing)", .failed("\(missing): no such command")),
      ("exec:/etc", .failed("/etc: is a directory")),
      ("exec:/etc/passwd", .failed("/etc/passwd: is not executable")),
      ("file:///etc/passwd", .passed("/etc/passwd: exists")),
      ("file://\(missing)", .failed("\(missing): does not exist")),
      ("file:///etc/passwd/x", .failed("/etc/passwd/x: not a directory")),
      ("unix://\(missing)", .failed("\(missing): no such file or directory")),
      ("sqlite:///database.sqlite", .passed("sqlite: needs no server")),
    ]
    for row in rows { #expect(try run(row.url) == row.verdict) }
  }

  @Test func aCommandThatHangsIsKilledWithItsChildren() throws {
    let url = "exec:sh -c 'sh -c \"echo \\$\\$; exec tail -f /dev/null\"'"
    let verdict = try run(url, .seconds(1))
    let words = "sh: did not end within 1s: "
    #expect(!verdict.isPassed && verdict.line.hasPrefix(words))
    let pid = try #require(Int32(verdict.line.dropFirst(words.utf8.count)))
    #expect(waitUntil { kill(pid, 0) != 0 || isZombie(pid) })
  }

  /// A command that belongs to the group of the check, makes one of its own, leaves a child there,
  /// and goes back.
  @Test func aCommandThatHasLeftItsGroupIsKilled() throws {
    let script =
      "import os, signal; os.setpgid(0, 0); os.fork() or signal.pause(); "
      + "os.setpgid(0, os.getpgid(os.getppid())); print(os.getpid(), flush=True); signal.pause()"
    let verdict = ProbeRole.run(
      url: try ProbeURL.parse("exec:/usr/bin/python3 -c '\(script)'"), timeout: .seconds(2),
      ownsGroup: true)
    let words = "/usr/bin/python3: did not end within 2s: "
    #expect(verdict.line.hasPrefix(words))
    let pid = try #require(Int32(verdict.line.dropFirst(words.utf8.count)))
    #expect(waitUntil { kill(pid, 0) != 0 || isZombie(pid) })
  }

  @Test func aCommandIsOverWhenItEndsAndNotWithWhatItLeavesBehind() throws {
    let start = ContinuousClock.now
    #expect(try run("exec:sh -c 'tail -f /dev/null & echo up'") == .passed("sh: up"))
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func aLongOutputDoesNotBlockTheCommand() throws {
    let url = "exec:sh -c 'head -c 300000 /dev/zero | tr \"\\\\0\" x; echo; echo end'"
    #expect(try run(url) == .passed("sh: end"))
  }

  @Test func anOutputWithoutAnEndDoesNotOutliveTheTime() throws {
    #expect(try run("exec:yes", .milliseconds(500)) == .failed("yes: did not end within 500ms: y"))
  }

  @Test func connectionRefused() throws {
    let port = LoopbackSocket(.stream).port
    #expect(try run("tcp://127.0.0.1:\(port)") == .failed("127.0.0.1:\(port): connection refused"))
    // Both addresses of the name.
    #expect(try run("tcp://localhost:\(port)") == .failed("localhost:\(port): connection refused"))
  }

  @Test func anotherAddressIsTriedWhenOneFails() throws {
    let socket = LoopbackSocket(.stream)
    let hosts = HostsFile([UInt8]("::1 db\n127.0.0.1 db"))
    let resolver = Resolver(hosts: hosts, configuration: ResolverConfiguration([]))
    let url = try ProbeURL.parse("tcp://db:\(socket.port)")
    let verdict = ProbeRole.run(url: url, timeout: .seconds(10), resolver: resolver)
    #expect(verdict == .passed("db:\(socket.port): accepts connections"))
  }

  @Test func aWholeConversation() throws {
    let (verdict, place) = try run({ "redis://:secret@127.0.0.1:\($0)" }) { client in
      guard client.receive() == [UInt8]("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n") else { return }
      client.send([UInt8]("+OK\r\n"))
      guard client.receive() == [UInt8]("*1\r\n$4\r\nPING\r\n") else { return }
      client.send([UInt8]("+PONG\r\n"))
    }
    #expect(verdict == .passed("\(place): answered PONG"))
  }

  @Test func aServerThatHangsUp() throws {
    let (verdict, place) = try run({ "mysql://127.0.0.1:\($0)" }) { _ in }
    let words = ["closed the connection", "connection reset by peer"]
    #expect(words.map { Verdict.failed("\(place): \($0) before the greeting") }.contains(verdict))
  }

  @Test func aServerThatHangsUpOnTheLoginHasGreeted() throws {
    let (verdict, place) = try run({ "mysql://127.0.0.1:\($0)" }) { client in
      client.send([26, 0, 0, 0, 10] + [UInt8]("8.0.36") + [0] + [UInt8](repeating: 1, count: 18))
      _ = client.receive()
    }
    #expect(verdict == .passed("\(place): greeted, MySQL 8.0.36"))
  }

  @Test func aServerThatSaysNothing() throws {
    let (verdict, place) = try run({ "postgres://127.0.0.1:\($0)" }, .milliseconds(200)) { client in
      while !client.receive().isEmpty {}
    }
    #expect(verdict == .failed("\(place): sent no answer to a login within 200ms"))
  }

  @Test func aServerThatSendsByteAfterByteEndsByTheTimeout() throws {
    let start = ContinuousClock.now
    let (verdict, place) = try run({ "http://127.0.0.1:\($0)/" }, .milliseconds(300)) { client in
      _ = client.receive()
      client.send([UInt8]("HTTP/1.1 200 "))
      client.drip(UInt8(ascii: "O"), every: 20)
    }
    #expect(verdict == .failed("\(place): sent no complete HTTP header within 300ms"))
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func lastWordsAreOneShortLine() throws {
    let (verdict, _) = try run({ "redis://127.0.0.1:\($0)" }) { client in
      _ = client.receive()
      client.send([UInt8]("-ERR \u{1B}[31m") + [UInt8](repeating: 0xFF, count: 900) + [13, 10])
    }
    #expect(!verdict.isPassed)
    #expect(verdict.line.utf8.count <= 399)
    #expect(!verdict.line.unicodeScalars.contains { $0.value < 32 })
  }
}

/// Asks again and again for at most ten seconds.
private func waitUntil(_ condition: () -> Bool) -> Bool {
  for _ in 0..<1000 {
    if condition() { return true }
    poll(nil, 0, 10)
  }
  return false
}

/// Dead, and nobody has reaped it yet.
private func isZombie(_ pid: Int32) -> Bool {
  guard let status = try? readFile("/proc/\(pid)/stat") else { return true }
  return String(decoding: status, as: UTF8.self).contains(") Z ")
}
