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
      changed: ["a", "g", "c"]),
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
      #expect(rest.adding(group: group, from: whole, now)?.whole == whole)
      #expect(rest.adding(group: "nobody", from: whole, now)?.whole == nil)
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
      old.removing(cron: "old").adding(cron: "kept", from: new, now)?.whole
        .adding(cron: "new", from: new, now)?.whole)
    #expect(Changes.ofCrons(from: whole, to: new) == Changes())
    #expect(whole.units.map(\.name) == new.units.map(\.name))
    #expect(old.adding(cron: "a", from: new, now)?.whole == nil)
  }

  private let now = Configuration.Moment()

  private func read(_ text: String) throws -> Configuration {
    try #require(Workbench.read("[supervisord]\n" + text).configuration)
  }

  @Test func newGroupsStandBehindWhatTheyDependOn() throws {
    let whole = try read(
      """
      [program:a]
      command=/bin/a
      depends_on=through
      [program:b]
      command=/bin/b
      after=c
      [program:c]
      command=/bin/c
      [hook:through]
      command=/bin/h
      depends_on=b
      """)
    let changes = Changes.ofGroups(from: try read(""), to: whole)
    #expect(changes.added == ["c", "b", "a"])
    // Without what is only `after` it could do.
    let addition = try #require(try read("").adding(group: "a", from: whole, now))
    #expect(addition.groups == ["b", "a"])
    #expect(addition.steps.begun == ["through"])
  }

  static let steps = """
    [wait:db]
    url=tcp://db:1
    [hook:old]
    command=/bin/o
    [hook:first]
    command=/bin/f
    [program:p]
    command=/bin/p

    """

  @Test func stepsThatDifferAreDoneAgain() throws {
    let old = try read(Self.steps)
    let new = try read(
      Self.steps.replacing("[hook:old]\ncommand=/bin/o\n", with: "")
        .replacing("/bin/f", with: "/bin/ff") + "[hook:new]\ncommand=/bin/n\n")
    let changes = Changes.ofSteps(from: old, to: new)
    #expect((changes.added, changes.changed, changes.removed) == (["new"], ["first"], ["old"]))
    let change = old.addingSteps(from: new, now).steps
    #expect((change.begun, change.removed) == (["first", "new"], ["old"]))
    #expect(change.whole.units.map(\.name) == new.units.map(\.name))
    #expect(change.whole.units.map(\.generation) == [0, 1, 0, 1])
    #expect(Changes.ofSteps(from: change.whole, to: new) == Changes())
    // While everything starts it is as if they had been there from the beginning.
    let early = old.addingSteps(from: new, .init(isStart: true)).steps
    #expect(early.whole.units.map(\.generation) == [0, 0, 0, 0])
    #expect(early.whole.units.allSatisfy { !$0.isLate })
    let busy = old.addingSteps(from: new, .init(busy: ["old", "first"])).steps
    #expect((busy.begun, busy.removed) == (["new"], []))
  }

  @Test func whatBecomesSomethingElseIsNeverThereTwice() throws {
    let hook = try read("[hook:x]\ncommand=/bin/x\n[cron:y]\nschedule=@daily\ncommand=/bin/y\n")
    let program = try read("[program:x]\ncommand=/bin/x\n[program:y]\ncommand=/bin/y\n")
    let one = try #require(hook.adding(group: "x", from: program, now)).whole
    let both = try #require(one.adding(group: "y", from: program, now)).whole
    #expect(both.units.map(\.essence) == program.units.map(\.essence))
    // The group has to go first.
    #expect(program.addingSteps(from: hook, now).steps.begun == [])
    let back = program.removing(group: "x").addingSteps(from: hook, now).steps
    #expect(back.whole.units.map(\.name) == ["x", "y"])
  }

  @Test func aProgramOfTwoGroupsKeepsTheOther() throws {
    let text = Self.base + "\n[group:h]\nprograms=b"
    let whole = try #require(Workbench.read(text).configuration)
    let rest = whole.removing(group: "g")
    #expect(rest.processGroups.map(\.name) == ["a", "c", "h"])
    let again = try #require(rest.adding(group: "g", from: whole, now)?.whole)
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
