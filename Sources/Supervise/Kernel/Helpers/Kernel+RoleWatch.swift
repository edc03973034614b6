internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Roles that hang are replaced: one that a signal has stopped, and one that does not read its
/// channel.
extension Kernel {
  /// The record that the role answers with the same record: see `LongLivedRole`.
  private static let request = LongLivedRole.request

  /// After each record for the role, and when a client connects to one of its sockets.
  mutating func noteTraffic(of kind: HelperKind) {
    guard helpers[kind].link.isRunning, !helpers[kind].isFinishing,
      helpers[kind].watch.sent(at: Kernel.now)
    else { return }
    helpers[kind].link.send(
      Kernel.request, passing: nil, closing: false, at: Kernel.now)
  }

  /// True: the record was an answer, and no message of the role.
  mutating func isAnswer(_ record: ArraySlice<UInt8>, of kind: HelperKind) -> Bool {
    guard record.elementsEqual(Kernel.request) else {
      helpers[kind].watch.showedLife()
      return false
    }
    helpers[kind].watch.answered(at: Kernel.now)
    return true
  }

  /// The role does its last work, which may take as long as the shutdown allows.
  mutating func expectEnd(of kind: HelperKind) {
    helpers[kind].isFinishing = true
    helpers[kind].watch = RoleWatch()
  }

  var nextRoleDeadline: Instant? {
    let deadlines = HelperKind.allCases.compactMap { helpers[$0].watch.deadline }
    return (deadlines + [connections.rearmAt].compactMap { $0 }).min()
  }

  mutating func checkRoles() {
    let now = Kernel.now
    for kind in HelperKind.allCases where helpers[kind].watch.deadline.map({ $0 <= now }) ?? false {
      check(kind, at: now)
    }
    watchConnections(at: now)
  }

  private mutating func check(_ kind: HelperKind, at now: Instant) {
    // The answer may have arrived together with the deadline.
    talk(to: kind)
    switch helpers[kind].watch.deadlinePassed(at: now) {
    case .nothing: break
    case .ask:
      helpers[kind].link.send(
        Kernel.request, passing: nil, closing: false, at: Kernel.now)
      waitUntilListening(kind)
    case .hangs: replaceHanging(kind, at: now)
    }
  }

  private mutating func replaceHanging(_ kind: HelperKind, at now: Instant) {
    guard let pid = helpers[kind].link.pid else { return }
    let seconds = "\(RoleWatch.patience.components.seconds) s"
    switch processState(of: pid) {
    case .waitingForDevice:
      // No signal ends it before the device answers, and what it holds would be lost then.
      narrator.say(.warning, "the \(kind.name) has waited for a disk for \(seconds)")
      helpers[kind].watch.excuse(at: now)
    case .traced:
      helpers[kind].watch.excuse(at: now)
    case .other:
      replace(kind, pid, "the \(kind.name) has not answered for \(seconds)")
    }
  }

  /// After SIGCHLD, which the kernel also sends when a child is stopped.
  mutating func replaceStoppedRoles() {
    for kind in HelperKind.allCases {
      guard let pid = helpers[kind].link.pid, hasStopped(pid) else { continue }
      replace(kind, pid, "the \(kind.name) was stopped by a signal")
    }
    for (pid, role) in children.roles where hasStopped(pid) {
      if role.becomesCommand, !executesOwnBinary(pid) { continue }
      kill(pid, "the \(role.name) was stopped by a signal")
    }
  }

  private mutating func replace(_ kind: HelperKind, _ pid: Int32, _ reason: String) {
    helpers[kind].watch = RoleWatch()
    kill(pid, reason)
  }

  /// The end of the process is handled as any other one.
  mutating func kill(_ pid: Int32, _ reason: String) {
    var consequence = "killing it"
    do {
      try sendSignal(Signal.kill.number, toProcess: pid)
      children.noteKill(of: pid)
    } catch {
      if error == .notPermitted {
        consequence = "it cannot be killed, because this root lacks CAP_KILL"
      }
    }
    narrator.say(.critical, "\(reason); \(consequence)")
  }

  /// The code with which a child ends that could not execute the binary; no role ends with it.
  private static let setUpFailed: Int32 = 127

  /// Why a role could not execute the binary; nil: it did.
  mutating func setUpFailure(of child: EndedChild) -> SpawnReport.Failure? {
    guard child.how == .exited(code: Kernel.setUpFailed),
      let failure = (try? reports.report(Kernel.roleReport))?.failure, failure.stage == .exec
    else { return nil }
    return failure
  }

  /// Of a role with a user of its own. A shortage says nothing about the user: a program can cause
  /// one, and a role as root would be worth more to it. Only where no role has ever been executed,
  /// a limit of processes is taken for one that the host sets for these users.
  mutating func noteFailedSetUp(_ failure: SpawnReport.Failure) {
    let isRefused = failure.error == .accessDenied || failure.error == .notPermitted
    let isLimited = failure.error == .wouldBlock && !rolesHaveBeenExecuted
    guard isRefused || isLimited, let line = recipes.roleUsers.giveUp() else { return }
    narrator.say(.warning, line)
  }

  private var rolesHaveBeenExecuted: Bool {
    recipes.roleUsers.haveBeenExecuted || probes.includesOwnUser
      || HelperKind.allCases.contains { helpers[$0].link.pid != nil }
  }
}
