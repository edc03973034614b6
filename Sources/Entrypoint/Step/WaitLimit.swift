internal import Linux

/// The end of a step for which a disk or a network file system does not answer. A signal ends a
/// process that waits for one of these unless the kernel does not let it.
enum WaitLimit {
  /// For one file: a tree may have any number of them.
  private static let seconds: UInt32 = 10

  static func begin(_ step: String) {
    ThisProcess.limitWait(
      seconds: seconds, saying: "\(step): no answer of the file system in \(seconds) s")
  }

  /// The next file.
  static func renew() { ThisProcess.setAlarm(seconds: seconds) }
}
