internal import Linux

extension SafeDirectory {
  /// In seconds. No step lives as long, so that no step of another container that shares the volume
  /// still uses a file of this age.
  private static let staleAge: Int64 = 900
  /// How many names of the directory are examined: a user may have made any number of them, and the
  /// step has succeeded already.
  private static let maxNames = 10_000

  /// Removes the temporary files that steps have left behind which a signal has ended, for example
  /// because the file system did not answer. There may be a password in them.
  ///
  /// `written` is a file that was written just now: its time is by the clock of the file system. A
  /// user who may give a file such a name, or put it here, may also remove the file.
  func removeStaleTemporaryFiles(since written: String) {
    WaitLimit.renew()
    guard let now = try? status(written)?.modified,
      let names = try? names(among: SafeDirectory.maxNames, where: isTemporaryName)
    else { return }
    for name in names {
      WaitLimit.renew()
      guard let found = try? status(name), found.kind == .regular,
        found.modified < now &- SafeDirectory.staleAge
      else { continue }
      try? remove(name)
    }
  }
}
