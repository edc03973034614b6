internal import CLinux

/// A child that has ended and is still a zombie.
package struct EndedChild: Sendable, Equatable {
  package enum How: Sendable, Equatable {
    case exited(code: Int32)
    case killed(signal: Int32, coreDumped: Bool)
  }

  package var pid: Int32
  package var how: How
}

package enum ChildState: Sendable, Equatable {
  case ended(EndedChild)
  /// The child has not ended. It had made this process its tracer (ptrace(2), PTRACE_TRACEME) and
  /// stopped; it has been detached and continues. The caller looks for the next child.
  case released(pid: Int32)
  case allRunning
  case noChildren
}

/// Looks at the next child that has ended, without reaping it: waitid(2) with WNOWAIT.
///
/// The caller looks first, signals what is left of the child's process group while the zombie still
/// holds the number, and only then reaps: no other process can have got that number by then.
///
/// With a pid, only that child is examined. One call examines one child, so that a caller with a
/// budget keeps it.
package func peekChild(_ pid: Int32? = nil) -> ChildState {
  var ending = clinux_ending()
  let result =
    unsafe pid.map { unsafe clinux_peek_child($0, &ending) } ?? clinux_peek_ended(&ending)
  return ChildState(result, ending)
}

/// The same of the process behind a handle (pidfd_open(2)), whose number may belong to another
/// process by now. `noChildren` where that process is no child of this one, or has been reaped.
/// Before Linux 5.4 this is the answer for every process.
package func peekChild(behind handle: Int32) -> ChildState {
  var ending = clinux_ending()
  let result = unsafe clinux_peek_process(handle, &ending)
  return ChildState(result, ending)
}

extension ChildState {
  fileprivate init(_ result: Int32, _ ending: clinux_ending) {
    guard result == 0 else {
      self = .noChildren
      return
    }
    switch ending.kind {
    case CLINUX_EXITED: self = .ended(.init(pid: ending.pid, how: .exited(code: ending.value)))
    case CLINUX_KILLED, CLINUX_DUMPED:
      let dumped = ending.kind == CLINUX_DUMPED
      let how = EndedChild.How.killed(signal: ending.value, coreDumped: dumped)
      self = .ended(.init(pid: ending.pid, how: how))
    case CLINUX_RELEASED: self = .released(pid: ending.pid)
    default: self = .allRunning
    }
  }
}

/// The same, until a child has ended or none has: for roles and commands, which have no budget.
package func peekEndedChild(_ pid: Int32? = nil) -> EndedChild? {
  while true {
    switch peekChild(pid) {
    case .ended(let child): return child
    case .released: continue
    case .allRunning, .noChildren: return nil
    }
  }
}

/// Whether a signal has stopped that child since the last call. A ptrace stop does not count.
package func hasStopped(_ pid: Int32) -> Bool { clinux_has_stopped(pid) != 0 }

/// Takes a zombie away; its number may be given to another process from now on. Returns the
/// processor time that it and the children it has waited for have used, in nanoseconds: wait4(2).
@discardableResult
package func reap(_ pid: Int32) -> UInt64 {
  var processorTime: UInt64 = 0
  _ = unsafe clinux_reap(pid, &processorTime)
  return processorTime
}

/// prctl(2), PR_SET_CHILD_SUBREAPER: orphans below us come to us also where we are not PID 1.
package func becomeSubreaper() throws(Errno) { _ = try checked(clinux_become_subreaper()) }
