internal import Linux
internal import LoggerProtocol

/// The files that loggers of this PID 1 have made at the paths of logs. They are shown with root's
/// rights where users may have put other files at these paths.
struct MadeFiles {
  struct Entry {
    var path: String
    /// nil: the file at the path is another one.
    var number: FileNumber?
  }

  private var numbers: [String: FileNumber] = [:]
  /// Entries that have not been reported to PID 1 yet.
  private var news: [Entry] = []

  mutating func note(_ path: String, _ number: FileNumber?) {
    guard numbers[path] != number else { return }
    numbers[path] = number
    news.append(Entry(path: path, number: number))
  }

  /// A file that existed before is the one that was made only if its number says so.
  mutating func noteOpened(_ path: String, _ number: FileNumber, isNew: Bool) {
    note(path, isNew || numbers[path] == number ? number : nil)
  }

  mutating func inherit(_ path: String, _ number: FileNumber?) { numbers[path] = number }

  mutating func takeNews() -> [Entry] {
    defer { news = [] }
    return news
  }

  /// The number of a file that has been removed may belong to another one by now, without a mark.
  func has(_ path: String, _ status: FileStatus?) -> Bool {
    guard let number = numbers[path] else { return false }
    return status.map { $0.isMarked && FileNumber($0) == number } ?? true
  }
}
