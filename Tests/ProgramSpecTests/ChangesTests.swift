import ProgramSpec
import Testing

/// What `reread` finds, and what adding and removing a group leaves behind.
@Suite struct ChangesTests {
  static let base = """
    [supervisord]
    [program:a]
    command=/bin/a
    [program:b]
    command=/bin/b
    [program:c]
    command=/bin/c
    depends_on=b
    [group:g]
    programs=b
    """

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: String
    var added: [String] = []
    var changed: [String] = []
    var removed: [String] = []
  }

  static let rows = [
    Row(testDescription: "nothing", change: ""),
    Row(testDescription: "a comment", change: "; more\n"),
    Row(testDescription: "a new program", change: "[program:z]\ncommand=/bin/z", added: ["z"]),
    Row(testDescription: "another command", change: "[program:a]\ncommand=/bin/aa", changed: ["a"]),
    Row(testDescription: "another priority", change: "[program:a]\npriority=1", changed: ["a"]),
    Row(testDescription: "in a group", change: "[program:b]\nstartsecs=9", changed: ["g"]),
    Row(testDescription: "a group's priority", change: "[group:g]\npriority=5", changed: ["g"]),
    Row(
      testDescription: "one more member", change: "[group:g]\nprograms=b,a", changed: ["g"],
      removed: ["a"]),
    Row(testDescription: "more processes", change: more, changed: ["a"]),
    Row(
      testDescription: "everybody's environment", change: "[supervisord]\nenvironment=A=2",
      changed: ["a", "c", "g"]),
    Row(testDescription: "an own key", change: "[program:c]\nready=tcp://x:1", changed: ["c"]),
  ]

  static let more = "[program:a]\nnumprocs=2\nprocess_name=%(process_num)d"

  @Test(arguments: rows) func whatIsFound(_ row: Row) throws {
    let old = try #require(Workbench.read(Self.base).configuration)
    let new = try #require(Workbench.read(Self.base + "\n" + row.change).configuration)
    let changes = Changes.ofGroups(from: old, to: new)
    #expect(changes.added == row.added)
    #expect(changes.changed == row.changed)
    #expect(changes.removed == row.removed)
  }

  @Test func takingEveryGroupAwayAndBackChangesNothing() throws {
    let whole = try #require(Workbench.read(Self.base).configuration)
    for group in whole.processGroups.map(\.name) {
      let rest = whole.removing(group: group)
      #expect(Changes.ofGroups(from: rest, to: whole).added == [group])
      #expect(rest.adding(group: group, from: whole) == whole)
      #expect(rest.adding(group: "nobody", from: whole) == nil)
    }
  }

  @Test func cronsComeGoAndChangeByThemselves() throws {
    func read(_ crons: String) throws -> Configuration {
      try #require(Workbench.read(Self.base + "\n" + crons).configuration)
    }
    let kept = "[cron:kept]\nschedule=@daily\ncommand=/bin/k\n"
    let old = try read("[cron:old]\nschedule=@daily\ncommand=/bin/o\n" + kept)
    let new = try read(
      kept + "description=moved\n[cron:new]\nschedule=@daily\ncommand=/bin/n\n"
        + "[hook:first]\ncommand=/bin/f\n")
    let changes = Changes.ofCrons(from: old, to: new)
    #expect((changes.added, changes.changed, changes.removed) == (["new"], ["kept"], ["old"]))
    #expect(Changes.ofCrons(from: old, to: try read("\n; later\n" + kept)).changed == [])
    #expect(Changes.ofGroups(from: old, to: new) == Changes())

    let whole = try #require(
      old.removing(cron: "old").adding(cron: "kept", from: new)?
        .adding(cron: "new", from: new))
    #expect(Changes.ofCrons(from: whole, to: new) == Changes())
    #expect(whole.units.map(\.name) == new.units.map(\.name))
    #expect(old.adding(cron: "a", from: new) == nil)
  }

  @Test func aProgramOfTwoGroupsKeepsTheOther() throws {
    let text = Self.base + "\n[group:h]\nprograms=b"
    let whole = try #require(Workbench.read(text).configuration)
    let rest = whole.removing(group: "g")
    #expect(rest.processGroups.map(\.name) == ["a", "c", "h"])
    let again = try #require(rest.adding(group: "g", from: whole))
    #expect(Changes.ofGroups(from: again, to: whole) == Changes())
  }

  @Test func membersStandAsTheGroupNamesThem() throws {
    let text = """
      [supervisord]
      [program:a]
      command=a
      numprocs=11
      process_name=%(process_num)d
      [program:b]
      command=b
      [group:g]
      programs=b,a
      """
    let whole = try #require(Workbench.read(text).configuration)
    let group = try #require(whole.processGroups.first)
    let names = group.members.map { member -> String in
      guard case .program(let program) = whole.units[member.unit].work else { return "" }
      return program.processes[member.process].name
    }
    #expect(names == ["b", "0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"])
  }

  static func workers(_ count: Int) -> String {
    base + "\n[program:w]\ncommand=/bin/w %(process_num)d\nprocess_name=w%(process_num)d\n"
      + "numprocs=\(count)\n"
  }

  @Test(arguments: [0, 1, 2, 5]) func scalingChangesTheNumberAndNothingElse(_ count: Int) throws {
    let active = try #require(Workbench.read(Self.workers(2)).configuration)
    let read = try #require(Workbench.read(Self.workers(count)).configuration)
    #expect(active.scaling(program: "w", as: read) == read)
    #expect(active.scaling(program: "nobody", as: read) == nil)
  }

  @Test func thoseThatStayAreWhatTheyWere() throws {
    let active = try #require(Workbench.read(Self.workers(1)).configuration)
    let text = Self.workers(2).split(separator: "/bin/w").joined(separator: "/bin/other")
    let read = try #require(Workbench.read(text).configuration)
    let scaled = try #require(active.scaling(program: "w", as: read))
    let commands = scaled.units.compactMap { unit -> [String]? in
      guard unit.name == "w", case .program(let program) = unit.work else { return nil }
      return program.processes.map(\.commandLine)
    }
    #expect(commands == [["/bin/w 0", "/bin/other 1"]])
  }
}
