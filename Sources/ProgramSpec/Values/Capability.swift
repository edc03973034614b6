/// capabilities(7): the names, in the order of their numbers.
package enum Capability {
  package static let names = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
    "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
    "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
    "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
    "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
    "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
  ]

  /// `NET_BIND_SERVICE,CHOWN`, with or without `CAP_`, or `none`: one bit for each.
  package static func set(_ text: String) throws(ValueProblem) -> UInt64 {
    if text.trimmed.lowercased() == "none" { return 0 }
    var set: UInt64 = 0
    for item in Scalar.list(text) {
      let upper = item.uppercased()
      let name = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
      guard let number = names.firstIndex(of: name) else {
        let near = nearest(to: name, among: names).map { "; did you mean \($0.quoted)?" }
        throw ValueProblem(
          "\(item.quoted) is no capability\(near ?? "; write names like NET_BIND_SERVICE, or none")"
        )
      }
      set |= 1 << UInt64(number)
    }
    guard set != 0 else {
      throw ValueProblem("there is no name; write names like NET_BIND_SERVICE, or none")
    }
    return set
  }
}
