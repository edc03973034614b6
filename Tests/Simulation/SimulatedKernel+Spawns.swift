import ProgramSpec
import SuperviseCore

/// The queue of spawns, and the lives of the processes that come out of it.
extension SimulatedKernel {
  /// PID 1 answers a spawn from its queue: when it has handled the event, or after others.
  mutating func spawn(_ instance: InstanceID) {
    order += 1
    queuedSpawns[instance] = order
    let waits = random.chance(weather.spawnWaits)
    let delay = waits ? random.duration(upToMilliseconds: random.pick([5, 3000])) : .zero
    plan(.spawns(instance, serial: order), after: delay)
  }

  mutating func spawnNow(_ instance: InstanceID) -> Event {
    if random.chance(weather.spawnFails) {
      oracle.spawnFailed(instance)
      let kind = random.pick([SpawnFailure.Kind.noFile, .notExecutable, .other])
      return .spawnFailed(instance, SpawnFailure(kind: kind, text: "can't find command"))
    }
    let pid = nextPid
    nextPid += 1
    oracle.began(instance)
    children[pid] = Child(
      instance: instance, obeys: !random.chance(weather.ignoresTerm),
      obeysAfter: random.chance(weather.obeysLate)
        ? random.duration(upToMilliseconds: 15_000) : .milliseconds(2),
      isUnkillable: random.chance(weather.unkillable))
    plan(lifeOf: pid, instance)
    return .spawned(instance, pid: pid)
  }

  private mutating func plan(lifeOf pid: Int32, _ instance: InstanceID) {
    let code = ExitStatus.code(random.pick([0, 0, 1, 2, 12]))
    let signal = ExitStatus.signal(11, coreDumped: true)
    let status = random.chance(20) ? signal : code
    plan(.announces(instance), after: random.duration(upToMilliseconds: 4000))
    if random.chance(weather.outgrows) {
      plan(.outgrows(pid: pid), after: random.duration(upToMilliseconds: 30_000))
    }
    planNotification(of: pid)
    if random.chance(weather.setUpFails) {
      plan(.setUpFails(pid: pid), after: .milliseconds(1))
    } else if random.chance(weather.diesEarly) {
      plan(.dies(pid: pid, status), after: random.duration(upToMilliseconds: 1500))
    } else if random.chance(weather.diesLater) {
      plan(.dies(pid: pid, status), after: random.duration(upToMilliseconds: 60_000))
    } else if oracle.isTask(instance) {
      plan(.dies(pid: pid, .code(0)), after: random.duration(upToMilliseconds: 500))
    }
  }
}
