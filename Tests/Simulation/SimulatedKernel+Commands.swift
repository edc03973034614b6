import ProgramSpec
import SuperviseCore

/// The short commands beside the programs: what a check finds, and how `stop_command` ends.
extension SimulatedKernel {
  /// It works as a signal does, or says that it has failed, or says nothing.
  mutating func stopCommand(of instance: InstanceID) {
    order += 1
    stopCommands[instance] = order
    guard !random.chance(weather.stopCommandHangs) else { return }
    let fails = random.chance(weather.stopCommandFails)
    let verdict: Verdict = fails ? .failed("exit status 1") : .passed("exit status 0")
    plan(
      .stopCommandEnds(instance, serial: order, verdict),
      after: random.duration(upToMilliseconds: 3000))
    guard !fails, let child = children.first(where: { $0.value.instance == instance }) else {
      return
    }
    obey(.terminate, child.key, child.value)
  }

  mutating func probe(_ instance: InstanceID, _ purpose: ProbePurpose) -> [Event] {
    if random.chance(weather.probeRefused) {
      let failure = SpawnFailure(kind: .other, text: "Resource temporarily unavailable")
      return [.probeFailedToStart(instance, purpose, failure)]
    }
    order += 1
    probes[instance] = order
    guard !random.chance(weather.probeHangs) else { return [] }
    let verdict: Verdict =
      random.chance(weather.probeFails) ? .failed("db:3306: connection refused") : .passed("ready")
    let delay = random.duration(upToMilliseconds: 2000)
    plan(.answers(instance, purpose, serial: order, verdict), after: delay)
    return []
  }
}
