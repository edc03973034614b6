/// The names of rotated files, and how they move up: `f.1` is the youngest, and with compression
/// becomes `f.1.gz` a while later.
///
/// A logger that is killed between two of these steps leaves every line in some file: a plain file
/// is removed only once its compressed form stands beside it. Where both are found, no file is
/// removed before a rotation reaches it, and the plain one is not compressed: the lines may be
/// different ones, since any user can make a plain file in a directory such as /tmp.
struct Backups: Equatable {
  enum Step: Equatable {
    case rename(String, to: String)
    /// To a name that does not exist.
    case complete(String, to: String)
    case remove(String)

    /// Without the file the step has nothing to do. A compressed form must exist, because the plain
    /// one is removed next.
    var mayBeMissing: Bool {
      switch self {
      case .rename, .remove: true
      case .complete: false
      }
    }
  }

  let path: String
  /// How many are kept.
  let count: Int
  let areCompressed: Bool

  func plain(_ number: Int) -> String { "\(path).\(number)" }
  func compressed(_ number: Int) -> String { "\(path).\(number).gz" }
  /// Where a compressed file grows. Named after the log and not after a number, which may change
  /// meanwhile.
  var unfinished: String { "\(path).gz.tmp" }

  /// From the oldest that is kept to `f` itself, each takes the next name; what is not there is
  /// passed over. supervisord moves them all. With compression a name that nobody has, `free`,
  /// takes up the ones before it: a gap that a crash has left costs no old file.
  func shift(free: Int?) -> [Step] {
    guard count > 0 else { return [] }
    var steps: [Step] = []
    if areCompressed, free == nil { steps += [.remove(plain(count)), .remove(compressed(count))] }
    for number in stride(from: (areCompressed ? free ?? count : count) - 1, to: 0, by: -1) {
      steps.append(.rename(plain(number), to: plain(number + 1)))
      guard areCompressed else { continue }
      steps.append(.rename(compressed(number), to: compressed(number + 1)))
    }
    return steps + [.rename(path, to: plain(1))]
  }

  /// The compressed form of this file is whole.
  func finish(_ number: Int) -> [Step] {
    [.complete(unfinished, to: compressed(number)), .remove(plain(number))]
  }
}
