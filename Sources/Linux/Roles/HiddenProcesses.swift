/// The mount options `hidepid` and `gid` of /proc (proc(5)): a process sees those of other users
/// only where it belongs to the group that `gid` names.
package enum HiddenProcesses {
  /// The values of `hidepid` for which the kernel ignores `gid`: proc(5).
  private static let valuesWithoutGroup = ["hidepid=ptraceable", "hidepid=4"]

  /// The group of `gid=` in the text of /proc/self/mounts, whose members see all processes. nil: no
  /// group has this right, or /proc hides no process, or the group is root's, which may read many
  /// files.
  ///
  /// `groups` is the map of this process. The result is nil in every user namespace but the first
  /// one: the kernel shows the number of the group in the first one (user_namespaces(7)).
  package static func viewers(mounts: String, groups: IdentifierMap?) -> UInt32? {
    guard groups?.isOfFirstNamespace == true else { return nil }
    var options: Substring?
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count > 3, fields[1] == "/proc", fields[2] == "proc" { options = fields[3] }
    }
    let all = options?.split(separator: ",").map(String.init) ?? []
    guard let hiding = all.first(where: { $0.hasPrefix("hidepid=") }),
      !valuesWithoutGroup.contains(hiding)
    else { return nil }
    let option = all.first { $0.hasPrefix("gid=") }
    let group = option.flatMap { UInt32($0.dropFirst("gid=".utf8.count)) }
    return group == 0 ? nil : group
  }

  /// The same group for the /proc of this process; nil also where /proc is not mounted.
  package static var viewers: UInt32? {
    guard let mounts = try? readFile("/proc/self/mounts", limit: 1 << 20) else { return nil }
    return viewers(mounts: String(decoding: mounts, as: UTF8.self), groups: .groups)
  }

  /// Whether a role does not see its parent: PID 1, which is a process of another user.
  package static var hideParent: Bool {
    ProcessUsage.of(ThisProcess.parentIdentifier) == nil
  }
}
