/// What a Tab may mean: actions at the beginning, then what the action takes. Each candidate ends
/// with the blank that is put behind it.
enum Completion {
  enum Kind: Equatable { case actions, groups, processes, nothing }

  /// What fits at the end of the text in front of the cursor.
  static func kind(_ text: String) -> Kind {
    let words = text.words
    guard let word = words.first else { return .actions }
    if words.count == 1, text.utf8.last != UInt8(ascii: " ") { return .actions }
    switch word {
    case "help": return .actions
    case "add", "remove", "update": return .groups
    case "clear", "fg", "pid", "restart", "signal", "start", "status", "stop", "tail":
      return .processes
    default: return .nothing
    }
  }

  static func actions(_ word: String) -> [String] {
    Action.vocabulary.filter { $0.hasPrefix(word) }.map { $0 + " " }
  }

  static func groups(_ word: String, _ processes: [ProcessInfo]) -> [String] {
    var groups: [String] = []
    for process in processes where !groups.contains(process.group) { groups.append(process.group) }
    return groups.filter { $0.hasPrefix(word) }.map { $0 + " " }
  }

  /// A process that has its group's name stands for both, until a colon is typed.
  static func processes(_ word: String, _ processes: [ProcessInfo]) -> [String] {
    var names: [String] = []
    for process in processes {
      guard word.utf8.contains(UInt8(ascii: ":")) || process.name != process.group else {
        names.append(process.name)
        continue
      }
      let all = "\(process.group):*"
      if !names.contains(all) { names.append(all) }
      names.append("\(process.group):\(process.name)")
    }
    return names.filter { $0.hasPrefix(word) }.map { $0 + " " }
  }

  /// As far as all candidates agree.
  static func commonPrefix(_ candidates: [String]) -> String {
    guard var prefix = candidates.first.map(Array.init) else { return "" }
    for candidate in candidates.dropFirst() {
      let agreed = zip(prefix, candidate).prefix { $0 == $1 }.count
      prefix = Array(prefix.prefix(agreed))
    }
    return String(prefix)
  }

  /// The candidates in order, column by column, as readline lays them out.
  static func list(_ candidates: [String], columns: Int) -> String {
    let names = candidates.sorted()
    let width = (names.map { Array($0).columns }.max() ?? 0) + 2
    let perLine = max(1, columns / width)
    let lines = (names.count + perLine - 1) / perLine
    return (0..<lines).map { line in
      stride(from: line, to: names.count, by: lines).map { index in
        names[index] + String(repeating: " ", count: width - Array(names[index]).columns)
      }.joined() + "\n"
    }.joined()
  }
}
