internal import CLinux

/// Sets of system calls that a role may make besides those that every role makes. The lists are in
/// seccomp.c.
package struct SystemCalls: OptionSet, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// Opening files and directories.
  package static let reading = SystemCalls(rawValue: CLINUX_CALLS_READING)
  /// Using files as another file-system user.
  package static let acting = SystemCalls(rawValue: CLINUX_CALLS_ACTING)
  /// Creating, renaming and changing files.
  package static let writing = SystemCalls(rawValue: CLINUX_CALLS_WRITING)
  /// What a role does that creates files for other users.
  package static let files: SystemCalls = [.reading, .writing, .acting]
  /// Making sockets and connecting them.
  package static let network = SystemCalls(rawValue: CLINUX_CALLS_NETWORK)
  /// Accepting connections at sockets that were handed over.
  package static let serving = SystemCalls(rawValue: CLINUX_CALLS_SERVING)
  /// Binding and listening.
  package static let listening = SystemCalls(rawValue: CLINUX_CALLS_LISTENING)
  /// Passing descriptors to another process.
  package static let passing = SystemCalls(rawValue: CLINUX_CALLS_PASSING)
  /// Starting another program, which inherits the filter.
  package static let starting = SystemCalls(rawValue: CLINUX_CALLS_STARTING)
  /// Copies of the process itself, and handles of other processes.
  package static let forking = SystemCalls(rawValue: CLINUX_CALLS_FORKING)
}

extension ThisProcess {
  /// Whether the kernel has filters of system calls: seccomp(2). gVisor and kernels without
  /// CONFIG_SECCOMP_FILTER have none.
  package static var canFilterCalls: Bool { clinux_can_filter_calls() != 0 }

  /// From here on every other call fails with EPERM, or ends the process where only an attacker
  /// makes it. Without filters in the kernel nothing happens.
  package static func allowOnly(_ calls: SystemCalls) { _ = clinux_filter_calls(calls.rawValue) }
}
