/// What can be typed, in the order of the list that `help` prints.
enum Action: String, CaseIterable {
  case add, avail, clear, exit, fg, maintail, open, pid, quit, reload, remove, reread, restart
  case shutdown, signal, start, status, stop, tail, update, version

  /// What completion offers: the actions, and `help`, in alphabetical order.
  static var vocabulary: [String] { (allCases.map(\.rawValue) + ["help"]).sorted() }

  /// The list that `help` alone prints, in columns for eighty characters.
  static var list: String {
    let title = "default commands (type help <topic>):"
    let rule = String(repeating: "=", count: title.utf8.count)
    return "\n\(title)\n\(rule)\n\(columns(allCases.map(\.rawValue)))\n"
  }

  /// Column by column, in as few rows as fit, two blanks between the columns.
  private static func columns(_ words: [String]) -> String {
    for rows in 1...words.count {
      let starts = stride(from: 0, to: words.count, by: rows)
      let columns = starts.map { Array(words[$0..<min($0 + rows, words.count)]) }
      let widths = columns.map { $0.map(\.utf8.count).max() ?? 0 }
      guard widths.reduce(0, +) + 2 * (widths.count - 1) <= 80 || rows == words.count else {
        continue
      }
      return (0..<rows).map { row in
        let cells = zip(columns, widths).filter { row < $0.0.count }
        return cells.map { $0.0[row].padded(to: $0.1) }.joined(separator: "  ") + "\n"
      }.joined()
    }
    return ""
  }

  var help: String { Action.helpTexts[self] ?? "" }
}

extension String {
  /// With blanks behind it, up to so many characters.
  func padded(to width: Int) -> String {
    let missing = width - unicodeScalars.count
    return missing > 0 ? self + String(repeating: " ", count: missing) : self
  }
}
