internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Limits the processes that SIGKILL does not end: see `Survivors`.
extension Kernel {
  /// Why no further process may be started for this purpose; nil: one may.
  mutating func obstacle(to purpose: ChildTable.Owner, _ noun: String) -> String? {
    for group in children.survivors.groups(of: purpose) { dropIfEnded(group) }
    guard children.survivors.groups(of: purpose).count >= Survivors.limit else { return nil }
    return "SIGKILL has not ended \(Survivors.limit) earlier \(noun)"
  }

  /// SIGKILL to what is left of the group of a child that has ended and is still a zombie.
  mutating func killGroup(_ pid: Int32, _ owner: ChildTable.Owner) {
    guard (try? sendSignal(Signal.kill.number, toGroup: pid)) != nil else { return }
    children.survivors.add(pid, owner)
  }

  /// A child has been reaped, which was in this group; nil: the group has not been read.
  mutating func noteReaped(_ pid: Int32, of group: Int32?) {
    dropIfEnded(pid)
    if let group, group != pid { dropIfEnded(group) }
  }

  private mutating func dropIfEnded(_ group: Int32) {
    // A child that has not been reaped may not have made its group yet.
    guard children.survivors.includes(group), children[group] == nil, !exists(group: group) else {
      return
    }
    children.survivors.remove(group)
  }
}
