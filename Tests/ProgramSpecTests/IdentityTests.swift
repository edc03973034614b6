import ProgramSpec
import Testing

/// Whom a program becomes, and what is said where the kernel would not let it.
@Suite struct IdentityTests {
  /// Who starts it, of primary group and supplementary groups, and with the right to change that.
  struct Starter {
    var user: UInt32 = 0
    var group: UInt32 = 0
    var groups: [UInt32] = []
    var mayBecomeAnybody = true

    static let root = Starter()
    static let weakRoot = Starter(mayBecomeAnybody: false)
    static let webServer = Starter(
      user: 33, group: 33, groups: [33, 44], mayBecomeAnybody: false)
    /// As `docker run --user 33:0` makes it.
    static let ofRootsGroup = Starter(user: 33, mayBecomeAnybody: false)
  }

  private func read(_ keys: String, _ starter: Starter, supervisor: String = "")
    -> (changes: Bool?, messages: [String])
  {
    let keys = keys.replacing("; ", with: "\n")
    let text = "[supervisord]\n\(supervisor)\n[program:p]\ncommand=x\n\(keys)\n"
    var bench = Workbench(["/etc/e.conf": text])
    bench.surroundings.user = starter.user
    bench.surroundings.primaryGroup = starter.group
    bench.surroundings.groups = starter.groups
    bench.surroundings.mayBecomeAnybody = starter.mayBecomeAnybody
    let reading = ConfigurationReader.read(path: "/etc/e.conf", in: bench.surroundings)
    let execution = reading.program("p")?.processes.first?.execution
    return (execution?.changesIdentity, reading.messages)
  }

  @Test(
    arguments: [
      ("", .root, false), ("user=0", .root, false), ("user=www-data", .root, true),
      ("group=adm", .root, true), ("supplementary_groups=", .root, true),
      ("user=0:adm", .root, true), ("user=root", .weakRoot, nil), ("user=0", .weakRoot, false),
      ("user=www-data", .webServer, false), ("user=33", .webServer, false),
      ("user=www-data:www-data", .webServer, false),
      ("supplementary_groups=44", .webServer, false),
      ("group=www-data; supplementary_groups=44", .webServer, false),
      ("user=www-data", .ofRootsGroup, false), ("group=0", .ofRootsGroup, false),
    ] as [(String, Starter, Bool?)])
  func whoeverItIsAlreadyNeedsNoRight(_ keys: String, _ starter: Starter, _ changes: Bool?) {
    let found = read(keys, starter)
    #expect(found.changes == changes)
    #expect(changes == nil || found.messages.isEmpty)
  }

  @Test(
    arguments: [
      (
        "user=1000", .webServer, "user=1000",
        "this runs as uid 33, and only root can become another user"
      ),
      (
        "user=www-data:adm", .webServer, "user=www-data:adm",
        "this runs as uid 33, and only root can change its groups"
      ),
      (
        "group=www-data", .webServer, "group=www-data",
        "this runs as uid 33, and only root can change its groups"
      ),
      (
        "supplementary_groups=adm", .webServer, "supplementary_groups=adm",
        "this runs as uid 33, and only root can change its groups"
      ),
      (
        "user=www-data", .weakRoot, "user=www-data",
        "this root lacks CAP_SETUID or CAP_SETGID, and cannot become another user"
      ),
    ] as [(String, Starter, String, String)])
  func whatTheKernelWouldRefuseIsSaidBefore(
    _ keys: String, _ starter: Starter, _ entry: String, _ words: String
  ) {
    let found = read(keys, starter)
    #expect(found.changes == true)
    #expect(found.messages.count == 1)
    let rest = "no start of it will work; start the container as root, or leave it out"
    #expect(
      found.messages.first?.hasSuffix("warning: \(entry) in [program:p]: \(words); \(rest)") == true
    )
  }

  /// The supervisor is root no more when it starts programs.
  @Test func theUserOfTheSupervisorIsWhoStartsThem() {
    #expect(read("user=www-data", .root, supervisor: "user=www-data").changes == false)
    let found = read("user=1000", .root, supervisor: "user=www-data")
    #expect(found.changes == true)
    #expect(found.messages.first?.contains("this runs as uid 33, and only root") == true)
    #expect(read("user=1000", .root, supervisor: "user=0").messages.isEmpty)
  }
}
