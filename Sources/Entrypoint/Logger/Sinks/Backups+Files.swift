internal import Linux

/// The same on the disk.
extension Backups {
  func shift() throws(Errno) {
    try perform(shift(free: areCompressed ? firstFree : nil))
  }

  /// Before the log is rotated for the first time.
  func cleanUp() throws(Errno) {
    guard areCompressed else { return }
    try perform(cleanUp(doubled: kept.filter { exists(plain($0)) }))
  }

  func perform(_ steps: [Step]) throws(Errno) {
    for step in steps {
      do throws(Errno) {
        switch step {
        case .rename(let from, let to): try renameFile(from, to)
        case .remove(let path): try removeFile(path)
        }
      } catch {
        guard error == .notFound else { throw error }
      }
    }
  }

  /// The youngest that is not compressed.
  var firstPlain: Int? {
    kept.first { (try? fileStatus(plain($0), followingLinks: false))?.kind == .regular }
  }

  /// Which of them this file is by now; nil for one that has been rotated out, or taken away.
  func number(of file: FileStatus) -> Int? {
    kept.first { number in
      guard let found = try? fileStatus(plain(number), followingLinks: false) else { return false }
      return found.inode == file.inode && found.device == file.device
    }
  }

  private var firstFree: Int? { count == 0 ? nil : (1...count).first { !exists($0) } }

  /// Up to the first gap: whatever was configured, no more are asked after than there are.
  private var kept: Range<Int> { 1..<(firstFree ?? count + 1) }

  private func exists(_ number: Int) -> Bool {
    exists(plain(number)) || exists(compressed(number))
  }

  private func exists(_ path: String) -> Bool {
    (try? fileStatus(path, followingLinks: false)) != nil
  }
}
