import ProgramSpec
import Testing

/// Whom a program becomes, and what is said where the kernel would not let it.
@Suite struct IdentityTests {
  private static let root = Credentials()
  private static let weakRoot = starter(0)
  /// Without CAP_SETUID alone.
  private static let rootOfGroups = starter(0, mayChangeGroups: true)
  private static let webServer = starter(33, 33, [33, 44])
  /// As a pod with an `fsGroup` has it, and `docker run --user 33:0`.
  private static let ofAnotherGroup = starter(33, 33, [2000])
  private static let ofRootsGroup = starter(33)

  private static func starter(
    _ user: UInt32, _ group: UInt32 = 0, _ groups: [UInt32] = [], mayChangeGroups: Bool = false
  ) -> Credentials {
    var found = Credentials(user: user, group: group, supplementaryGroups: groups)
    (found.mayChangeUser, found.mayChangeGroups) = (false, mayChangeGroups)
    return found
  }

  @Test(arguments: [root, weakRoot, rootOfGroups, webServer, ofAnotherGroup, ofRootsGroup])
  func credentialsPassAsOneWord(_ starter: Credentials) {
    #expect(Credentials(word: starter.word) == starter)
  }

  @Test func theWordHasTheIdsTheCapabilitiesAndTheGroups() {
    #expect(IdentityTests.webServer.word == "33:33:0:0:33:44")
    #expect(Credentials().word == "0:0:1:1")
  }

  @Test(arguments: ["", "0", "0:0:1", "0:0:1:", "0:x:1:1", "-1:0:1:1", "4294967296:0:1:1"])
  func otherWordsAreNoCredentials(_ word: String) {
    #expect(Credentials(word: word) == nil)
  }

  private static func read(_ keys: String, _ starter: Credentials, supervisor: String = "")
    -> (identity: Identity?, messages: [String])
  {
    let keys = keys.replacing("; ", with: "\n")
    let text = "[supervisord]\n\(supervisor)\n[program:p]\ncommand=x\n\(keys)\n"
    var bench = Workbench(["/etc/e.conf": text])
    bench.surroundings.credentials = starter
    let reading = ConfigurationReader.read(path: "/etc/e.conf", in: bench.surroundings)
    return (reading.program("p")?.processes.first?.execution.identity, reading.messages)
  }

  @Test(
    arguments: [
      ("user=0", root), ("user=0", weakRoot), ("user=www-data", webServer), ("user=33", webServer),
      ("user=www-data:www-data", webServer), ("supplementary_groups=44", webServer),
      ("group=www-data; supplementary_groups=44", webServer),
      ("user=www-data:www-data", ofAnotherGroup), ("user=www-data", ofRootsGroup),
      ("group=0", ofRootsGroup),
    ])
  func whoeverItIsAlreadyNeedsNoRight(_ keys: String, _ starter: Credentials) throws {
    let found = Self.read(keys, starter)
    #expect(starter.differ(from: try #require(found.identity)) == false)
    #expect(found.messages.isEmpty)
  }

  @Test(
    arguments: [
      ("user=www-data", root), ("group=adm", root), ("supplementary_groups=", root),
      ("user=0:adm", root), ("user=33:33", root), ("group=adm", rootOfGroups),
    ])
  func othersAreBecomeWhereThatIsAllowed(_ keys: String, _ starter: Credentials) throws {
    let found = Self.read(keys, starter)
    #expect(starter.differ(from: try #require(found.identity)))
    #expect(found.messages.isEmpty)
  }

  @Test(
    arguments: [
      ("user=1000", webServer, "uid 33, and only root can become another user"),
      ("user=www-data:adm", webServer, "uid 33, and only root can change its groups"),
      ("group=www-data", webServer, "uid 33, and only root can change its groups"),
      ("supplementary_groups=", webServer, "uid 33, and only root can change its groups"),
      ("user=www-data", weakRoot, "CAP_SETUID or CAP_SETGID, and cannot become another user"),
      ("user=www-data", rootOfGroups, "CAP_SETUID or CAP_SETGID, and cannot become another user"),
      ("group=adm", weakRoot, "CAP_SETUID or CAP_SETGID, and cannot change its groups"),
    ])
  func whatTheKernelWouldRefuseIsSaidBefore(
    _ keys: String, _ starter: Credentials, _ words: String
  ) throws {
    let found = Self.read(keys, starter)
    #expect(starter.differ(from: try #require(found.identity)))
    let cure = starter.user == 0 ? "give the container both" : "start the container as root"
    let end = "\(words); no start of it will work; \(cure), or leave it out"
    #expect(found.messages.count == 1)
    #expect(found.messages.first?.contains("warning: \(keys) in [program:p]: this r") == true)
    #expect(found.messages.first?.hasSuffix(end) == true)
  }

  @Test(arguments: [("user=1000", webServer), ("user=33", weakRoot), ("user=33", rootOfGroups)])
  func whatKeepsTheSupervisorItselfFromStartingIsSaidBefore(
    _ keys: String, _ starter: Credentials
  ) throws {
    let message = try #require(Self.read("", starter, supervisor: keys).messages.first)
    #expect(message.contains("warning: \(keys) in [supervisord]: this r"))
    #expect(
      message.contains("cannot become another user; it will not start; ")
        || message.contains("only root can become another user; it will not start; "))
    #expect(Self.read("", starter, supervisor: "user=\(starter.user)").messages.isEmpty)
  }

  @Test func anUnprivilegedSupervisorDoesNotApplyUserRoot() throws {
    let message = try #require(
      Self.read("", Self.webServer, supervisor: "user=0").messages.first)
    #expect(
      message.hasSuffix(
        "this runs as uid 33, and only root can become another user; the key is not applied; "
          + "start the container as root, or leave it out"))
    // So a program is started by whoever the supervisor is.
    let found = Self.read("user=1000", Self.webServer, supervisor: "user=0").messages
    #expect(found.count == 2 && found[1].contains("no start of it will work"))
  }

  /// The supervisor is root no more when it starts programs.
  @Test func theUserOfTheSupervisorIsWhoStartsThem() {
    func messages(_ keys: String, _ supervisor: String) -> [String] {
      Self.read(keys, Self.root, supervisor: supervisor).messages
    }
    #expect(messages("user=www-data", "user=www-data").isEmpty)
    #expect(messages("user=1000", "user=0").isEmpty)
    let found = messages("user=1000", "user=www-data")
    #expect(found.first?.contains("this runs as uid 33, and only root") == true)
  }

  /// Else an update that has only to do with the supervisor would restart every program.
  @Test func whoAProgramIsDoesNotDependOnWhoStartsIt() {
    let seen = [Self.root, Self.webServer].flatMap { starter in
      ["", "user=www-data"].map { Self.read("user=33", starter, supervisor: $0).identity }
    }
    #expect(seen.allSatisfy { $0 == seen[0] && $0 != nil })
  }
}
