/// The mount options `hidepid` and `gid` of /proc (proc(5)): a process sees those of other users
/// only where it belongs to the group that `gid` names.
package enum HiddenProcesses {
  /// The group of `gid=` in the text of /proc/self/mounts; nil: there is none, or nothing is
  /// hidden. Root's group is not for a role: many files are readable for it.
  package static func viewers(mounts: String) -> UInt32? {
    var options: Substring?
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count > 3, fields[1] == "/proc", fields[2] == "proc" { options = fields[3] }
    }
    let all = options?.split(separator: ",") ?? []
    guard all.contains(where: { $0.hasPrefix("hidepid=") }) else { return nil }
    let option = all.first { $0.hasPrefix("gid=") }
    let group = option.flatMap { UInt32($0.dropFirst("gid=".utf8.count)) }
    return group == 0 ? nil : group
  }

  /// The same of this process's own mounts. nil in any user namespace but the first one, whose
  /// numbers the kernel shows: user_namespaces(7).
  package static var viewers: UInt32? {
    guard IdentifierMap.groups?.isOfFirstNamespace == true,
      let mounts = try? readFile("/proc/self/mounts", limit: 1 << 20)
    else { return nil }
    return viewers(mounts: String(decoding: mounts, as: UTF8.self))
  }

  /// Whether a role does not see its parent: PID 1, which is a process of another user.
  package static var hideParent: Bool {
    ProcessUsage.of(ThisProcess.parentIdentifier) == nil
  }
}
