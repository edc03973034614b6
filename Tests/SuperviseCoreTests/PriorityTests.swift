import ProgramSpec
import SuperviseCore
import Testing

/// The order of units that no edge of the graph decides.
@Suite struct PriorityTests {
  @Test func afterAUnitThatDoesNotStartTheOrderIsThatOfPriorities() {
    var configuration = Configuration()
    var urgent = Unit.program("urgent")
    (urgent.after, urgent.priority) = (["manual"], 1)
    configuration.units = [.program("manual") { $0.autostart = false }, urgent, .program("other")]
    var bench = Bench(configuration)
    bench.feed(.began)
    #expect(bench.spawned == [1, 2])
  }

  @Test func groupsStartByPriorityAndNameAndTheirProgramsAsTheyAreNamed() {
    var configuration = Configuration()
    var group = Group(name: "pool")
    group.programs = ["two", "one"]
    configuration.groups = [group]
    configuration.units = ["one", "oops", "two"].map { name in
      .program(name) { $0.processes[0].group = name == "oops" ? name : "pool" }
    }
    var bench = Bench(configuration)
    bench.feed(.began)
    #expect(bench.spawned == [1, 2, 0])
  }

  /// `two` and `one` of one group, and an urgent program, become free to start together, and are
  /// stopped together.
  @Test func whatOneEventFreesKeepsTheOrder() {
    var configuration = Configuration()
    var group = Group(name: "pool")
    group.programs = ["two", "one"]
    configuration.groups = [group]
    configuration.units = [.hook("first")]
    configuration.units += ["one", "two"].map { name in
      .program(name) { $0.processes[0].group = "pool" }
    }
    var urgent = Unit.program("urgent")
    urgent.priority = 1
    configuration.units.append(urgent)
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.exit(0)
    #expect(bench.spawned == [0, 3, 2, 1])
    bench.feed(.signalled(.terminate))
    #expect(bench.signalled == [1, 2, 3])
  }

  /// Both wait for the same program.
  @Test func aRequestKeepsTheOrderOfItsNamesUntilTheyMayStart() {
    var configuration = Configuration()
    configuration.units = [.program("base") { $0.autostart = false }]
    configuration.units += ["a", "b", "c"].map { name in
      .program(name, needs: ["base"]) { $0.autostart = false }
    }
    var bench = Bench(configuration)
    bench.feed(.began)
    bench.feed(.asked(AskID(1), .start(["c", "a"])))
    bench.feed(.asked(AskID(2), .start(["b"])))
    bench.pass(.seconds(1))
    #expect(bench.spawned == [0, 3, 1, 2])
  }
}
