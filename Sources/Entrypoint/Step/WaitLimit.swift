internal import Linux

/// Ends a step that waits for a disk or a network file system, by alarm(2). SIGALRM does not end a
/// process that waits uninterruptibly.
enum WaitLimit {
  /// How long the file system may take for one file.
  private static let seconds: UInt32 = 10

  static func begin(_ step: String) {
    ThisProcess.limitWait(
      seconds: seconds,
      saying: "\(step): the file system has not answered for \(seconds) s; check its disk or server"
    )
  }

  /// Gives the step the same time for its next file.
  static func renew() { ThisProcess.setAlarm(seconds: seconds) }
}
