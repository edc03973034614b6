import ProgramSpec
import SuperviseCore

/// Where outcomes come from: a seed and the weather, or a list of those that are not good.
enum Outcomes {
  case drawn(seed: UInt64, Weather)
  case listed([(key: OutcomeKey, outcome: Outcome)])
}

/// Hands out outcomes, and notes those that it has drawn, so that a drawn history can be listed.
///
/// Each outcome is drawn with a generator of its own, which begins with the seed and the key of the
/// outcome: a change elsewhere in the history changes no other outcome.
struct OutcomeSource {
  private let outcomes: Outcomes
  private let list: [OutcomeKey: Outcome]
  private var ordinals: [OutcomeKey: Int] = [:]
  /// After the storm only what the shutdown meets may still go wrong.
  var isCalm = false
  private(set) var drawn: [(key: OutcomeKey, outcome: Outcome)] = []
  private(set) var kinds: Set<InjectedFault> = []

  init(_ outcomes: Outcomes) {
    self.outcomes = outcomes
    guard case .listed(let rows) = outcomes else {
      list = [:]
      return
    }
    list = Dictionary(rows.map { ($0.key, $0.outcome) }) { first, _ in first }
  }

  private mutating func next(_ kind: OutcomeKey.Kind, _ name: String) -> OutcomeKey {
    let first = OutcomeKey(kind: kind, name: name, ordinal: 0)
    let ordinal = ordinals[first, default: 0]
    ordinals[first] = ordinal + 1
    return OutcomeKey(kind: kind, name: name, ordinal: ordinal)
  }

  private mutating func outcome(
    _ kind: OutcomeKey.Kind, _ name: String, good: Outcome,
    _ draw: (Weather, inout RandomSource) -> Outcome
  ) -> Outcome {
    let key = next(kind, name)
    guard case .drawn(let seed, let weather) = outcomes else { return list[key] ?? good }
    var random = RandomSource(seed: seed ^ key.hash)
    _ = random.next()
    let outcome = draw(isCalm ? weather.calm : weather, &random)
    kinds.formUnion(InjectedFault.of(outcome))
    drawn.append((key, outcome))
    return outcome
  }

  mutating func life(of name: String, isTask: Bool) -> Life {
    let good = Life.good(isTask: isTask)
    let outcome = outcome(.life, name, good: .life(good)) { weather, random in
      .life(weather.life(isTask: isTask, &random))
    }
    guard case .life(let life) = outcome else { return good }
    return life
  }

  mutating func probe(of name: String) -> ProbeOutcome {
    let good = ProbeOutcome.answers(after: .milliseconds(50), .passed("ready"))
    let outcome = outcome(.probe, name, good: .probe(good)) { .probe($0.probe(&$1)) }
    guard case .probe(let probe) = outcome else { return good }
    return probe
  }

  mutating func isSignalRefused(by name: String) -> Bool {
    let outcome = outcome(.signal, name, good: .signal(isRefused: false)) { weather, random in
      .signal(isRefused: random.chance(weather.signalRefused))
    }
    guard case .signal(let isRefused) = outcome else { return false }
    return isRefused
  }

  mutating func stopCommand(of name: String) -> CommandOutcome {
    let good = CommandOutcome.ends(after: .milliseconds(50), .passed("exit status 0"))
    let outcome = outcome(.stopCommand, name, good: .stopCommand(good)) {
      .stopCommand($0.stopCommand(&$1))
    }
    guard case .stopCommand(let command) = outcome else { return good }
    return command
  }

  /// Of the events role, when the last events are to be delivered.
  mutating func delivery() -> RoleOutcome {
    let good = RoleOutcome.completes(after: .milliseconds(20))
    let outcome = outcome(.delivery, "", good: .delivery(good)) { weather, random in
      .delivery(weather.role(hangs: weather.listenerHangs, upToMilliseconds: 1500, &random))
    }
    guard case .delivery(let role) = outcome else { return good }
    return role
  }

  /// Of the logger, when it is to write what it has.
  mutating func flush() -> RoleOutcome {
    let good = RoleOutcome.completes(after: .milliseconds(3))
    let outcome = outcome(.flush, "", good: .flush(good)) { weather, random in
      .flush(weather.role(hangs: weather.loggerHangs, upToMilliseconds: 2500, &random))
    }
    guard case .flush(let role) = outcome else { return good }
    return role
  }

  mutating func leavesOrphans() -> Bool {
    let outcome = outcome(.sweep, "", good: .sweep(leavesOrphans: false)) { weather, random in
      .sweep(leavesOrphans: random.chance(weather.leavesOrphans))
    }
    guard case .sweep(let leavesOrphans) = outcome else { return false }
    return leavesOrphans
  }
}

extension OutcomeKey {
  /// FNV-1a, which does not change from one process to the next as Swift's own hashes do.
  fileprivate var hash: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in Array("\(kind.rawValue)/\(name)/\(ordinal)".utf8) {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return hash
  }
}
