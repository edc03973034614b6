internal import CLinux
internal import Glibc

/// Ends this process by SIGALRM when a disk or a network file system does not answer.
///
/// The signal has its default action: only a signal that ends the process interrupts a wait for a
/// server of NFS or FUSE. The process can therefore write no message, and its parent does. No
/// signal ends an uninterruptible wait (ps(1): `D`).
package enum WaitLimit {
  /// How long the file system may take for one file.
  package static let seconds: UInt32 = 10

  package static func begin() { clinux_limit_wait(seconds) }

  /// Gives the process the same time for its next file.
  package static func renew() { clinux_renew_wait_limit() }
}

extension EndedChild.How {
  /// Whether the limit has ended the process.
  package var isByWaitLimit: Bool { self == .killed(signal: SIGALRM, coreDumped: false) }
}
