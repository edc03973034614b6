import Testing

@testable import ProgramSpec

/// `lock=` of a hook.
@Suite struct LockTests {
  @Test(arguments: [
    ("/x", "not a valid lock: '/x'; write file:///shared/path or redis://host/key"),
    ("redis://h", "write the key after the host: redis://host/key"),
    ("redis://:***@h/", "write the key after the host: redis://host/key"),
    ("redis://h:0/k", "not a valid port number: '0'"),
    ("redis:///k", "there is no host in ''"),
    ("redis://h/k?lease=1ms", "a lease is 1s at least and 1h at most, not '1ms'"),
    ("redis://h/k?lease=2h", "a lease is 1s at least and 1h at most, not '2h'"),
    (
      "redis://h/k?lease=soon",
      "not a valid duration: 'soon'; write one like 10s, 500ms or 1h30m"
    ),
    ("redis://h/k?ttl=1", "'ttl=1' is no option of a lock; write ?lease=30s, or nothing"),
  ])
  func badLocksAreTold(_ lock: String, _ reason: String) {
    let written = lock.replacing("***", with: "pw")
    let reading = EnvironmentTests.read("[hook:h]\ncommand=x\nlock=\(written)\n")
    #expect(reading.messages == ["4:6: error: lock=\(lock) in [hook:h]: \(reason)"])
  }

  @Test(arguments: [
    ("redis://h/k", "redis://h:6379/k", 30), ("redis://h:1/a/b", "redis://h:1/a/b", 30),
    ("redis://:p:w@h/k?lease=90s", "redis://:***@h:6379/k", 90),
    ("redis://:p@[::1]:7/k", "redis://:***@[::1]:7/k", 30),
  ])
  func locksAreReadAndHandedOn(_ text: String, _ shown: String, _ seconds: Int) throws {
    let lock = try RedisLock.parse(text)
    #expect("\(lock)" == shown)
    #expect(lock.lease == .seconds(seconds))
    #expect(try RedisLock.parse(lock.confidentialText) == lock)
  }
}
