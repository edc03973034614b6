internal import CLinux
internal import Glibc

/// Facts about the process we are, and its place.
package enum ThisProcess {
  package static var identifier: Int32 { getpid() }
  /// The pid of the parent; 0 for one outside our PID namespace.
  package static var parentIdentifier: Int32 { getppid() }
  package static var isInit: Bool { getpid() == 1 }
  package static var effectiveUser: UInt32 { geteuid() }
  package static var effectiveGroup: UInt32 { getegid() }

  /// The supplementary ones: getgroups(2).
  package static var groups: [UInt32] {
    var found = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
    let count = unsafe getgroups(Int32(found.count), &found)
    return Array(found.prefix(max(0, Int(count))))
  }

  /// Whether the kernel lets us have any groups, and any uid: CAP_SETGID and CAP_SETUID of
  /// capabilities(7), which a container's root may lack.
  package static var mayChangeGroups: Bool { clinux_has_capability(6) != 0 }
  package static var mayChangeUser: Bool { clinux_has_capability(7) != 0 }

  /// CAP_KILL: whether signals reach processes of other users.
  package static var maySignalAll: Bool { clinux_has_capability(5) != 0 }

  /// As the kernel gave them; also where /proc is not mounted.
  package static var arguments: [String] {
    (0..<clinux_argument_count()).map { index in
      guard let text = unsafe clinux_argument(index) else { return "" }
      return unsafe String(system: text)
    }
  }

  /// Each `NAME=value`, in its order.
  package static var environment: [String] {
    var found: [String] = []
    guard var next = unsafe clinux_environment() else { return found }
    while let text = unsafe next.pointee {
      found.append(unsafe String(system: text))
      unsafe next += 1
    }
    return found
  }

  package static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(system: value)
  }

  /// PATH, and where shells look without one.
  package static var searchPath: String { variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin" }

  package static func removeVariable(_ name: String) { _ = unsafe unsetenv(name) }

  /// What ps and top show: the role, and what it is about.
  package static func setTitle(_ title: String) {
    unsafe clinux_set_title(title)
    unsafe clinux_set_name("entrypoint")
  }

  package static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package static func setUmask(_ mask: UInt32) { _ = umask(mask) }

  package static func changeDirectory(_ path: String) throws(Errno) {
    guard unsafe chdir(path) == 0 else { throw Errno.last }
  }

  /// SIGALRM, which ends a process, after so many seconds: alarm(2).
  package static func setAlarm(seconds: UInt32) { _ = alarm(seconds) }

  package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

  /// Becomes another program; returns only to throw.
  package static func become(
    _ path: String, _ arguments: [String], _ environment: [String]
  ) throws(Errno) -> Never {
    let words = CStringList(arguments)
    let variables = CStringList(environment)
    if let words = unsafe words.pointers, let variables = unsafe variables.pointers {
      _ = unsafe execve(path, words, variables)
    }
    throw Errno.last
  }

  /// Our own binary, also where it has been replaced on disk since; where /proc is not mounted, the
  /// path it was started by.
  package static var ownExecutable: String {
    guard let path = unsafe clinux_own_executable() else { return "/proc/self/exe" }
    return unsafe String(cString: path)
  }
}

/// getpgid(2); nil for a process that is not there.
package func processGroup(of pid: Int32) -> Int32? {
  let group = getpgid(pid)
  return group > 0 ? group : nil
}

/// Whether the process group has a member, also one that this process may not signal: kill(2) with
/// signal 0.
package func exists(group: Int32) -> Bool {
  do {
    try sendSignal(0, toGroup: group)
    return true
  } catch { return error != .noSuchProcess }
}

/// The foreground of our terminal, if we have one.
package func terminalOwner() -> Int32? {
  let group = clinux_terminal_owner(0)
  return group > 0 ? group : nil
}

/// Makes a process group the foreground of our terminal, if we have one; a no-op else.
package func giveTerminal(to group: Int32) {
  guard isatty(0) == 1 else { return }
  _ = clinux_give_terminal_to(0, group)
}
