import ProgramSpec
import SuperviseCore
import Testing

@testable import Simulation

/// Histories as rows: what once made the simulation fail, and what shows that a history can be
/// repeated.
@Suite struct ScenarioTests {
  private func program(_ name: String, _ change: (inout Program) -> Void = { _ in }) -> Unit {
    var program = Program(processes: [
      Process(
        name: name, group: name, number: 0, commandLine: name,
        execution: Execution(arguments: [name]))
    ])
    change(&program)
    return Unit(name: name, work: .program(program))
  }

  private func expectNoViolation(_ scenario: Scenario) {
    let failure = Campaign.failure(of: scenario, "scenario")
    #expect(failure == nil, "\(failure ?? "")")
  }

  /// A signal that a client requests is none of the stop's, which `stop_command` has begun.
  @Test func aRequestedSignalMeetsAStopCommandThatHangs() {
    var scenario = Scenario([program("web") { $0.processes[0].stopCommand = ["quit"] }])
    scenario.inputs = [
      Input(.seconds(2), .request(number: 1, .restart(["web"]), impossible: [])),
      Input(.seconds(3), .request(number: 2, .signal(nil, ["web"]), impossible: [])),
    ]
    scenario.outcomes = .listed([
      (OutcomeKey(kind: .stopCommand, name: "web", ordinal: 0), .stopCommand(.hangs))
    ])
    expectNoViolation(scenario)
  }

  /// All the time of the shutdown is over when PID 1 runs again.
  @Test func pidOneSleepsThroughItsShutdown() {
    var scenario = Scenario([program("web"), program("stuck"), program("worker")])
    scenario.configuration.supervisor.shutdownTimeout = .seconds(9)
    scenario.configuration.supervisor.shutdownOrder = .serial
    var life = Life()
    life.isUnkillable = true
    scenario.outcomes = .listed([(OutcomeKey(kind: .life, name: "stuck", ordinal: 0), .life(life))])
    scenario.inputs = [
      Input(.seconds(5), .signal(.terminate)), Input(.seconds(6), .stall(.seconds(30))),
    ]
    expectNoViolation(scenario)
  }

  /// `startsecs` and `max_uptime` have both passed when PID 1 runs again.
  @Test func severalDeadlinesOfOneProgramAreLate() {
    var scenario = Scenario([
      program("web") {
        $0.maximumUptime = .seconds(7)
        $0.restart.startSeconds = .seconds(5)
      }
    ])
    scenario.inputs = [Input(.seconds(1), .stall(.seconds(50)))]
    expectNoViolation(scenario)
  }

  /// Neither the logger nor the events role lives when the shutdown needs it.
  @Test func deadRolesDoNotHoldUpTheShutdown() {
    var scenario = Scenario([
      program("web"),
      program("listener") { $0.kind = .eventListener(events: ["EVENT"], bufferSize: 10) },
    ])
    scenario.outcomes = .listed([
      (OutcomeKey(kind: .delivery, name: "", ordinal: 0), .delivery(.isDead)),
      (OutcomeKey(kind: .flush, name: "", ordinal: 0), .flush(.hangs)),
      (OutcomeKey(kind: .sweep, name: "", ordinal: 0), .sweep(leavesOrphans: true)),
    ])
    expectNoViolation(scenario)
  }

  /// A cron that runs each quarter of a minute, first at 14 s, and restarts of it at these times.
  private func backup(
    _ overlap: Cron.Overlap, firstRun life: Life, restartsAt times: [Duration]
  ) throws -> Scenario {
    let schedule = try Schedule.parse("*/15 * * * * *").inZone(.utc)
    var cron = Cron(execution: Execution(arguments: ["backup"]), schedule: schedule)
    cron.overlap = overlap
    var scenario = Scenario([Unit(name: "backup", work: .cron(cron))])
    scenario.inputs = zip(1..., times).map { number, time in
      Input(time, .request(number: number, .restart(["backup"], crons: true), impossible: []))
    }
    scenario.outcomes = .listed([
      (OutcomeKey(kind: .life, name: "backup", ordinal: 0), .life(life))
    ])
    return scenario
  }

  /// A run that SIGKILL does not end is abandoned at 29 s, when the next run is due, and a restart
  /// waits for it: with `overlap=allow` the restart has a run of its own.
  @Test(arguments: [Cron.Overlap.skip, .queue, .allow])
  func aRestartMeetsTheRunOfTheSchedule(_ overlap: Cron.Overlap) throws {
    var life = Life()
    (life.obeysAfter, life.isUnkillable) = (nil, true)
    expectNoViolation(try backup(overlap, firstRun: life, restartsAt: [.seconds(19)]))
  }

  /// Both wait for the end of one run; the first one begins the next run, which is also the start
  /// of the second one, unless runs may overlap.
  @Test(arguments: [Cron.Overlap.skip, .queue, .allow])
  func twoRestartsOfACronMeet(_ overlap: Cron.Overlap) throws {
    var life = Life()
    life.obeysAfter = .seconds(3)
    expectNoViolation(
      try backup(overlap, firstRun: life, restartsAt: [.seconds(19), .seconds(20)]))
  }

  /// PID 1 is late, so that a second run beside the first one and a restart come at one time.
  @Test func aRestartOfACronMeetsAnotherRunOfALateSupervisor() {
    var cron = Cron(
      execution: Execution(arguments: ["backup"]), schedule: .every(.seconds(7)))
    cron.overlap = .allow
    var scenario = Scenario([Unit(name: "backup", work: .cron(cron))])
    var life = Life()
    (life.obeysAfter, life.isUnkillable) = (nil, true)
    let restart = Request.restart(["backup"], crons: true)
    scenario.inputs = [
      Input(.milliseconds(37_386), .request(number: 1, restart, impossible: [])),
      Input(.milliseconds(37_984), .stall(.milliseconds(2_689))),
    ]
    scenario.outcomes = .listed([
      (OutcomeKey(kind: .life, name: "backup", ordinal: 0), .life(life))
    ])
    expectNoViolation(scenario)
  }

  /// The start half of a restart waits for a program that was stopped, so that the start stalls.
  @Test func aRestartMakesTheStartOfALateSupervisorStall() throws {
    var (middle, top) = (program("middle"), program("top"))
    middle.dependsOn = ["base"]
    (top.dependsOn, top.after) = (["side"], ["middle"])
    let cron = Cron(
      execution: Execution(arguments: ["backup"]), schedule: .every(.seconds(70)))
    var scenario = Scenario([
      program("base"), middle, program("side"), top, Unit(name: "backup", work: .cron(cron)),
    ])
    scenario.inputs = [
      Input(.milliseconds(600), .stall(.seconds(20))),
      Input(.milliseconds(610), .request(number: 1, .stop(["side"]), impossible: [])),
      Input(.seconds(2), .request(number: 2, .stop(["base"]), impossible: [])),
      Input(.seconds(3), .request(number: 3, .start(["all"]), impossible: [])),
      Input(.seconds(4), .request(number: 4, .restart(["middle"]), impossible: [])),
    ]
    var life = Life()
    life.end = (.milliseconds(300), .code(1))
    scenario.outcomes = .listed([(OutcomeKey(kind: .life, name: "side", ordinal: 0), .life(life))])
    expectNoViolation(scenario)
  }

  /// Both would be FATAL at 2 s; the first one begins the shutdown, and the second one stays
  /// EXITED.
  @Test func twoProgramsGiveUpAtTheSameTime() {
    let unit = { [self] name in
      program(name) {
        $0.restart.startSeconds = .zero
        $0.restart.limit = RestartLimit(count: 1, window: .seconds(60))
        $0.onFatal = .shutdown
      }
    }
    var life = Life()
    life.end = (.milliseconds(500), .code(1))
    var scenario = Scenario([unit("web"), unit("worker")])
    scenario.outcomes = .listed(
      ["web", "worker"].flatMap { name in
        (0...1).map { (OutcomeKey(kind: .life, name: name, ordinal: $0), .life(life)) }
      })
    expectNoViolation(scenario)
  }

  @Test func aListedHistoryIsTheDrawnOne() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var drawn = SimulatedKernel(Scenario(seed: seed), keepsTranscript: true)
      drawn.run()
      var scenario = Scenario(seed: seed)
      scenario.outcomes = .listed(drawn.outcomes.drawn)
      var listed = SimulatedKernel(scenario, keepsTranscript: true)
      listed.run()
      #expect(drawn.transcript == listed.transcript)
      #expect(drawn.transcript.count > 1)
    }
  }

  @Test func whatNeverOccurredIsNamed() {
    let missing = Occurrences().missing
    #expect(missing.count == Occurrence.expected.count)
    #expect(missing.contains("injected fault lateWakeUp"))
    #expect(missing.contains("state backoff of a program"))
    #expect(!missing.contains("state ready of a cron"))
  }

  /// Two histories that violate one rule differ in names, times and numbers.
  @Test func aRuleHasNoNamesAndNoNumbers() {
    let rule = Shrinker.rule("at 69.375 s: web:web_0: 3 restarts counted of 5 starts")
    #expect(rule == "restarts counted of starts")
    #expect(rule == Shrinker.rule("at 1.5 s: worker: 30 restarts counted of 12 starts"))
  }
}
