import Linux
import Testing

/// Environments that share the container's variables.
@Suite struct EnvironmentTests {
  private func environment(
    _ entries: [String], _ change: (inout ProgramEnvironment) -> Void
  ) -> ProgramEnvironment {
    var environment = ProgramEnvironment(SharedEnvironment(entries))
    change(&environment)
    return environment
  }

  /// What a program finds, as env(1) prints it.
  private func found(_ environment: ProgramEnvironment) throws -> [String] {
    var pipe = try Pipe()
    let recipe = Launch.Recipe(path: "/usr/bin/env", arguments: ["env"], environment: environment)
    var reports = SpawnReports()
    let pid = try Launch(recipe).start(
      .init(input: nil, output: pipe.write, error: nil), report: try reports.report(0))
    _ = pipe.takeWrite()
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    guard let end = pipe.takeRead() else { return [] }
    while case let count = try readBytes(end.raw, into: &buffer), count > 0 {
      text += buffer[..<count]
    }
    while peekEndedChild(pid) == nil { pauseFor(milliseconds: 1) }
    reap(pid)
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func aVariableThatIsSetAgainKeepsItsPlace() throws {
    let changed = environment(["A=1", "B=2", "C=3"]) {
      $0.set("B", "later")
      $0.set("NEW", "first")
      $0.set("A", "")
      $0.set("NEW", "second")
      $0.set("LAST", "x=y")
      $0.set("B", "latest")
    }
    let expected = ["A=", "B=latest", "C=3", "NEW=second", "LAST=x=y"]
    #expect(changed.entries == expected)
    #expect(try found(changed) == expected)
  }

  @Test func aVariableThatIsRemovedComesBackAtTheEnd() throws {
    let changed = environment(["A=1", "TWICE=1", "B=2", "TWICE=2", "no name"]) {
      $0.set("OWN", "1")
      $0.set("OTHER", "1")
      $0.remove("OWN")
      $0.remove("TWICE")
      $0.remove("ABSENT")
      $0.set("OTHER", "2")
      $0.set("TWICE", "3")
    }
    let expected = ["A=1", "B=2", "no name", "OTHER=2", "TWICE=3"]
    #expect(changed.entries == expected)
    #expect(try found(changed) == expected)
  }

  @Test func theFirstOfTwoOfANameIsReplaced() throws {
    let changed = environment(["TWICE=1", "A=1", "TWICE=2"]) { $0.set("TWICE", "3") }
    #expect(changed.entries == ["TWICE=3", "A=1", "TWICE=2"])
  }

  @Test func programsThatShareVariablesDoNotSeeEachOthersChanges() throws {
    let shared = SharedEnvironment(["A=1", "B=2"])
    var one = ProgramEnvironment(shared)
    one.set("A", "one")
    one.set("C", "one")
    var other = ProgramEnvironment(shared)
    other.remove("A")
    #expect(try found(one) == ["A=one", "B=2", "C=one"])
    #expect(try found(other) == ["B=2"])
    #expect(try found(ProgramEnvironment(shared)) == ["A=1", "B=2"])
  }
  @Test func anEnvironmentMayStandOnAnother() throws {
    let lowest = SharedEnvironment(["A=1", "TWICE=1", "B=2", "TWICE=2", "C=3"])
    var middle = ProgramEnvironment(lowest)
    middle.set("A", "middle")
    middle.set("D", "middle")
    middle.set("E", "middle")
    middle.remove("TWICE")
    let shared = SharedEnvironment(middle)
    var one = ProgramEnvironment(shared)
    one.set("A", "one")
    one.set("E", "one")
    one.set("TWICE", "one")
    one.remove("B")
    one.remove("D")
    let expected = ["A=one", "C=3", "E=one", "TWICE=one"]
    #expect(one.entries == expected)
    #expect(try found(one) == expected)
    let other = ["A=middle", "B=2", "C=3", "D=middle", "E=middle"]
    #expect(try found(ProgramEnvironment(shared)) == other)
    #expect(try found(ProgramEnvironment(lowest)) == ["A=1", "TWICE=1", "B=2", "TWICE=2", "C=3"])
  }
}
