import ProgramSpec
import SuperviseCore

/// A fleet on a table: time is pushed forward by hand, events are fed, effects are read.
struct Bench {
  private(set) var fleet: Fleet
  private(set) var now = Instant.zero
  private(set) var effects: [Effect] = []
  private var nextPid: Int32 = 100
  /// Pids of the instances, in order of their spawning.
  private(set) var pids: [InstanceID: Int32] = [:]
  var spawnFailure: SpawnFailure?
  /// Processes that end well as soon as they are there.
  var endsAtOnce = false
  /// Spawns wait in `queue` until `launch` answers them.
  var queuesSpawns = false
  private(set) var queue: [InstanceID] = []

  init(_ configuration: Configuration, mode: Plan.Mode = .everything) {
    fleet = Fleet(Plan(configuration, mode: mode), seed: 1)
  }

  /// One program, changed as the test needs it.
  init(_ change: (inout Program) -> Void) {
    var configuration = Configuration()
    configuration.units = [.program("p", change)]
    self.init(configuration)
  }

  mutating func feed(_ event: Event) {
    var pending = [event]
    while !pending.isEmpty {
      var found: [Effect] = []
      fleet.on(pending.removeFirst(), at: now, into: &found)
      effects += found
      for effect in found { pending = perform(effect, pending) }
    }
  }

  /// What is to be fed after the effect, in the place of `pending`.
  private mutating func perform(_ effect: Effect, _ pending: [Event]) -> [Event] {
    switch effect {
    case .spawn(let id):
      guard !queuesSpawns else {
        queue.append(id)
        return pending
      }
      return pending + [answer(id)] + (endsAtOnce ? [.exited(id, .code(0))] : [])
    case .cancelSpawn(let id):
      queue.removeAll { $0 == id }
      return pending.filter { !$0.answersSpawn(of: id) }
    default: return pending
    }
  }

  /// Starts the processes of all spawns that wait.
  mutating func launch() {
    let waiting = queue
    queue = []
    for id in waiting { feed(answer(id)) }
  }

  private mutating func answer(_ id: InstanceID) -> Event {
    if let spawnFailure { return .spawnFailed(id, spawnFailure) }
    nextPid += 1
    pids[id] = nextPid
    return .spawned(id, pid: nextPid)
  }

  /// Goes on for so long, with every deadline on the way.
  mutating func pass(_ duration: Duration) {
    let end = now.advanced(by: duration)
    while let deadline = fleet.nextDeadline, deadline <= end {
      now = max(now, deadline)
      feed(.deadlinePassed)
    }
    now = end
  }

  /// Nobody is woken for so long, whatever is due.
  mutating func sleep(_ duration: Duration) {
    now = now.advanced(by: duration)
    feed(.deadlinePassed)
  }

  mutating func exit(_ index: Int = 0, _ status: SuperviseCore.ExitStatus = .code(0)) {
    feed(.exited(InstanceID(index), status))
  }

  mutating func forget() { effects = [] }

  func state(_ index: Int = 0) -> StateName { fleet.snapshot(of: InstanceID(index)).state }

  /// The states instance `index` has been in, in order.
  func moves(_ index: Int = 0) -> [StateName] {
    effects.compactMap { effect in
      guard case .record(let record) = effect, record.instance == InstanceID(index),
        case .moved(let from, let to, _, _) = record.happening, from != to
      else { return nil }
      return to
    }
  }

  var spawns: Int { spawned.count }

  /// Indices of the instances, in order of their spawning.
  var spawned: [Int] {
    effects.compactMap { effect in
      guard case .spawn(let id) = effect else { return nil }
      return id.index
    }
  }

  /// Indices of the instances, in order of their signals.
  var signalled: [Int] {
    effects.compactMap { effect in
      guard case .signal(let id, _, _) = effect else { return nil }
      return id.index
    }
  }

  var signals: [Signal] {
    effects.compactMap { effect in
      guard case .signal(_, let signal, _) = effect else { return nil }
      return signal
    }
  }

  var answers: [Answer] {
    effects.compactMap { effect in
      guard case .reply(_, let answer) = effect else { return nil }
      return answer
    }
  }

  var exitCode: Int32? {
    for case .finish(let code) in effects { return code }
    return nil
  }
}

extension Event {
  fileprivate func answersSpawn(of id: InstanceID) -> Bool {
    switch self {
    case .spawned(id, _), .spawnFailed(id, _): true
    default: false
    }
  }
}

extension Unit {
  static func program(
    _ name: String, needs: [String]? = nil, _ change: (inout Program) -> Void = { _ in }
  ) -> Unit {
    let execution = Execution(arguments: [name])
    var program = Program(processes: [
      Process(name: name, group: name, number: 0, commandLine: name, execution: execution)
    ])
    change(&program)
    var unit = Unit(name: name, work: .program(program))
    unit.dependsOn = needs
    return unit
  }

  static func hook(_ name: String, _ change: (inout Hook) -> Void = { _ in }) -> Unit {
    var hook = Hook(execution: Execution(arguments: [name]))
    change(&hook)
    return Unit(name: name, work: .hook(hook))
  }
}
