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
  case allRunning
  case noChildren
}

/// Looks at the next child that has ended, without taking it away: waitid(2) with WNOWAIT.
///
/// The kernel looks first, signals what is left of the child's process group while the zombie still
/// holds the number, and only then reaps: no other process can have got that number by then.
///
/// With a pid, only that child is meant, and the others are left alone.
package func peekEndedChild(_ pid: Int32? = nil) -> ChildState {
  var ending = clinux_ending()
  let result =
    unsafe pid.map { unsafe clinux_peek_child($0, &ending) } ?? clinux_peek_ended(&ending)
  guard result == 0 else { return .noChildren }
  switch ending.kind {
  case CLINUX_EXITED: return .ended(.init(pid: ending.pid, how: .exited(code: ending.value)))
  case CLINUX_KILLED, CLINUX_DUMPED:
    let dumped = ending.kind == CLINUX_DUMPED
    let how = EndedChild.How.killed(signal: ending.value, coreDumped: dumped)
    return .ended(.init(pid: ending.pid, how: how))
  default: return .allRunning
  }
}

/// Whether that child has been stopped by a signal since this was last asked.
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
