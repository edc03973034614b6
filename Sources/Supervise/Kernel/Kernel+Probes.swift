internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Checks: one short-lived process each, which may hang or crash on whatever the other side says.
extension Kernel {
  mutating func beginProbe(_ id: InstanceID, _ purpose: ProbePurpose) {
    // Before there are so many that `obstacle` refuses this check.
    killCancelledProbes(ifAtLeast: Survivors.limit - 1) { $0 == .probe(id, purpose) }
    if let obstacle = obstacle(to: .probe(id, purpose), "checks") {
      return events.append(.probed(id, purpose, .failed(obstacle)))
    }
    do { try startProbe(id, purpose) } catch {
      events.append(.probeFailedToStart(id, purpose, error))
    }
  }

  private mutating func startProbe(
    _ id: InstanceID, _ purpose: ProbePurpose
  ) throws(SpawnFailure) {
    let recipe = try probeRecipe(id, purpose)
    do throws(Errno) {
      var pipe = try Pipe(ownReader: true)
      let pid = try startHelper(Launch(recipe), .init(input: nil, output: pipe.write, error: nil))
      children.add(pid, .probe(id, purpose))
      guard let words = pipe.takeRead() else { return }
      probes.add(
        .init(
          instance: id, purpose: purpose, pid: pid, words: words.release(), began: Kernel.now,
          rights: recipe.reducedRights))
    } catch {
      throw SpawnFailure(spawning: error, name: "probe")
    }
  }

  private func probeRecipe(
    _ id: InstanceID, _ purpose: ProbePurpose
  ) throws(SpawnFailure) -> Launch.Recipe {
    guard let unit = fleet.plan.node(of: id).unit else {
      throw SpawnFailure(kind: .other, text: "nothing to ask")
    }
    switch configuration.units[unit].work {
    case .wait(let wait):
      switch wait.condition {
      case .probe(let url): return role(url, wait.probeTimeout)
      case .command(let execution):
        return commandProbe(.exec(execution.arguments), wait.probeTimeout, execution)
      }
    case .program(let program):
      let process = program.processes[fleet.plan.members[id.index].number]
      if purpose == .health, let url = process.healthProbe, let health = program.health {
        return role(url, health.timeout, of: process)
      }
      if purpose == .readiness, let url = process.readyProbe {
        return role(url, ReadinessWatch.probeTimeout, of: process)
      }
    case .hook, .directory, .template, .cron: break
    }
    throw SpawnFailure(kind: .other, text: "nothing to ask")
  }

  /// A command is run as the program is: as its user, in its directory, with its rights. The socket
  /// of a program is connected to as its user, which needs no other right.
  private func role(_ url: ProbeURL, _ timeout: Duration, of process: Process) -> Launch.Recipe {
    switch (url, process.execution.identity) {
    case (.exec, _): return commandProbe(url, timeout, process.execution)
    case (.unix, .some), (.fastCGI(.unix, _), .some):
      var recipe = recipe(.probe, url, timeout)
      recipe.reducedRights?.user = nil
      recipes.become(process.execution.identity, in: &recipe)
      return recipe
    default: return role(url, timeout)
    }
  }

  private func role(_ url: ProbeURL, _ timeout: Duration) -> Launch.Recipe {
    switch url {
    case .unix, .fastCGI(.unix, _): return recipe(.socketProbe, url, timeout)
    case .file: return recipe(.fileProbe, url, timeout)
    case .tcp, .mysql, .postgres, .redis, .http, .fastCGI(.tcp, _), .exec, .always:
      return recipe(.probe, url, timeout)
    }
  }

  private func recipe(
    _ name: RoleName, _ url: ProbeURL, _ timeout: Duration
  ) -> Launch.Recipe {
    recipes.role(name, probeArguments(url, timeout), adding: [probeVariable(url)])
  }

  private func commandProbe(
    _ url: ProbeURL, _ timeout: Duration, _ place: Execution
  ) -> Launch.Recipe {
    var arguments = probeArguments(url, timeout)
    let own = ThisProcess.effectiveUser
    if ThisProcess.maySignalAll || place.identity?.user ?? own == own { arguments.append("group") }
    return recipes.commandProbe(arguments, adding: [probeVariable(url)], place)
  }

  private func probeArguments(_ url: ProbeURL, _ timeout: Duration) -> [String] {
    ["entrypoint: probe \(url.title)", "\(timeout.wholeNanoseconds / 1_000_000)"]
  }

  /// The URL may carry a password, and any user may read a command line.
  private func probeVariable(_ url: ProbeURL) -> Variable {
    Variable("ENTRYPOINT_PROBE", url.confidentialText)
  }

  /// An `exec:` check ends its command once its pipe is closed. SIGKILL would leave the children of
  /// a command that has made a process group of its own. SIGCONT continues a check that its user
  /// has stopped.
  mutating func cancelProbe(_ id: InstanceID, _ purpose: ProbePurpose) {
    guard let check = probes.remove(id, purpose) else { return }
    closeDescriptor(check.words)
    if check.runsCommand {
      children.survivors.add(check.pid, .probe(id, purpose))
      try? sendSignal(Signal.resume.number, toProcess: check.pid)
    } else {
      try? sendSignal(Signal.kill.number, toGroupLedBy: check.pid)
      children.forget(check.pid)
    }
  }

  /// Sends SIGKILL to the cancelled `exec:` checks of these owners that have not ended, if there
  /// are at least `count`.
  func killCancelledProbes(
    ifAtLeast count: Int = 1, of isMeant: (ChildTable.Owner) -> Bool
  ) {
    let cancelled = children.survivors.groups.filter { children[$0].map(isMeant) ?? false }
    guard cancelled.count >= count else { return }
    for pid in cancelled { try? sendSignal(Signal.kill.number, toGroupLedBy: pid) }
  }

  mutating func probeEnded(_ id: InstanceID, _ purpose: ProbePurpose, _ child: EndedChild) {
    guard let check = probes.remove(pid: child.pid) else {
      // The check was cancelled. Its process is a zombie and keeps the number of the group.
      try? sendSignal(Signal.kill.number, toGroup: child.pid)
      return
    }
    let words = check.lastWords()
    closeDescriptor(check.words)
    if let failure = setUpFailure(of: child) {
      if check.hasOwnUser { noteFailedSetUp(failure) }
      // There was no check, so that nothing is known about the program.
      if failure.error.isShortage {
        let problem = SpawnFailure(spawning: failure.error, name: "probe")
        return deliver(.probeFailedToStart(id, purpose, problem))
      }
    } else if check.hasOwnUser {
      recipes.roleUsers.haveBeenExecuted = true
    }
    // What an exec: probe may have left behind.
    killGroup(child.pid, .probe(id, purpose))
    let fallback = ExitStatus(child.how).text
    let said = words.isEmpty ? fallback : words
    let passed = child.how == .exited(code: 0)
    ledger[name(of: id)].probes[purpose, default: ProbeTally()].count(
      passed, Kernel.now.elapsed(since: check.began))
    deliver(.probed(id, purpose, passed ? .passed(said) : .failed(said)))
  }
}
