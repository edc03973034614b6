import ProgramSpec
import SuperviseCore

/// One unit of each kind, and pairs of which the second unit is ordered behind the first one.
extension SequenceSubject {
  static let all = single + pairs

  private static let single: [SequenceSubject] = {
    let plain = program("a", readiness: .running)
    let announcing = program("a", readiness: .notify)
    let programs = [
      SequenceSubject("a program", [plain], ofProgram, depth: 6),
      SequenceSubject("a program that announces readiness", [announcing], ofProgram, depth: 6),
    ]
    let watched = [
      SequenceSubject("a program with messages", [notifying], ofNotifyingProgram, depth: 5),
      SequenceSubject("a program with checks", [checked], ofCheckedProgram, depth: 6),
    ]
    return programs + programs.map { $0.queueing() } + watched + crons
  }()

  private static let ofProgram: [Stimulus] = [
    .timePasses, .wakesLate, .ends(0, .code(0)), .ends(0, .code(1)),
    .ends(0, .signal(9, coreDumped: false)), .setUpFails(0), .announces(0), .signalRefused(0),
    .request(.start(["a"])), .request(.stop(["a"])), .signal(.terminate),
  ]

  private static let ofNotifyingProgram: [Stimulus] = [
    .timePasses, .ends(0, .code(1)), .announces(0), .request(.stop(["a"])), .signal(.terminate),
    .notifies(0, .ready), .notifies(0, .stopping), .notifies(0, .extendTimeout(.seconds(30))),
    .notifies(0, .watchdog), .notifies(0, .watchdogTriggered),
    .notifies(0, .watchdogInterval(.seconds(7))), .notifies(0, .mainProcess(70)),
  ]

  private static let ofCheckedProgram: [Stimulus] = [
    .timePasses, .wakesLate, .ends(0, .code(1)), .answers(0, .readiness, .passed("ready")),
    .answers(0, .readiness, .failed("refused")), .answers(0, .health, .passed("well")),
    .answers(0, .health, .failed("refused")), .stopCommandEnds(0, .failed("exit status 1")),
    .request(.restart(["a"])), .signal(.terminate),
  ]

  private static let ofCron: [Stimulus] = [
    .timePasses, .ends(0, .code(0)), .ends(0, .code(1)), .setUpFails(0),
    .request(.start(["a"], crons: true)), .request(.stop(["a"], crons: true)),
    .signal(.terminate), .setsClock(by: 3600), .setsClock(by: -95), .setsClock(by: -5 * 3600),
  ]

  private static let crons: [SequenceSubject] = {
    var subjects: [SequenceSubject] = []
    for schedule in ["*/10 * * * * *", "0,10 0-59 0-12 * * *", "@every 7s"] {
      for overlap in [Cron.Overlap.skip, .queue] {
        guard let unit = cron(schedule, overlap) else { continue }
        let name = "a cron, \(schedule)\(overlap == .queue ? ", queued" : "")"
        let subject = SequenceSubject(name, [unit], ofCron, depth: 5)
        subjects += [subject, subject.queueing()]
      }
    }
    return subjects
  }()

  private static let pairs: [SequenceSubject] = {
    let ordered: [(name: String, change: (inout Unit) -> Void)] = [
      ("depends_on", { $0.dependsOn = ["a"] }), ("after", { $0.after = ["a"] }),
    ]
    return ordered.flatMap { name, change in
      [program("a", readiness: .running), program("a", readiness: .notify), hook].map { first in
        var second = program("b", readiness: .running)
        change(&second)
        let title = "\(first.isStep ? "a hook" : "a program"), and a program with \(name)"
        return SequenceSubject(title, [first, second], ofPair, depth: 5)
      }
    }
  }()

  private static let ofPair: [Stimulus] = [
    .timePasses, .ends(0, .code(0)), .ends(0, .code(1)), .ends(1, .code(1)), .setUpFails(0),
    .setUpFails(1), .announces(0), .request(.start(["b"])), .request(.stop(["a"])),
    .request(.restart(["a"])), .request(.roll(["all"])), .hangsUp, .signal(.terminate),
  ]

  // MARK: Units

  private static func program(_ name: String, readiness: Readiness) -> Unit {
    var program = Program(processes: [
      Process(
        name: name, group: name, number: 0, commandLine: name,
        execution: Execution(arguments: [name]))
    ])
    program.readiness = readiness
    program.restart.startRetries = 1
    program.restart.plannedExitCodes = [0]
    return Unit(name: name, work: .program(program))
  }

  private static let notifying: Unit = changed(program("a", readiness: .notify)) {
    $0.watchdog = .seconds(10)
  }

  private static let checked: Unit = {
    let probe = ProbeURL.tcp(Endpoint(host: "localhost", port: 80))
    return changed(program("a", readiness: .probe(probe))) {
      $0.health = Health(probe: probe)
      $0.health?.fall = 1
      $0.processes[0].stopCommand = ["quit"]
    }
  }()

  private static func changed(_ unit: Unit, _ change: (inout Program) -> Void) -> Unit {
    guard case .program(var program) = unit.work else { return unit }
    change(&program)
    return Unit(name: unit.name, work: .program(program))
  }

  private static let hook: Unit = {
    var hook = Hook(execution: Execution(arguments: ["migrate"]))
    hook.retries = 1
    return Unit(name: "a", work: .hook(hook))
  }()

  private static func cron(_ schedule: String, _ overlap: Cron.Overlap) -> Unit? {
    guard let parsed = try? Schedule.parse(schedule).inZone(.utc) else { return nil }
    var cron = Cron(execution: Execution(arguments: ["a"]), schedule: parsed)
    cron.overlap = overlap
    cron.retries = 1
    cron.timeout = .seconds(15)
    return Unit(name: "a", work: .cron(cron))
  }
}
