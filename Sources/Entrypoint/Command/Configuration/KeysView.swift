internal import Linux
internal import ProgramSpec

/// `keys`: what may stand in a configuration, with its default and what it means.
enum KeysView {
  static func run(_ arguments: [String]) -> Int32 {
    let isMarkdown = arguments.contains("--markdown")
    let words = arguments.filter { $0 != "--markdown" }
    if let option = words.first(where: { $0.hasPrefix("-") }) {
      printError(UsageError(message: "keys does not know \(option)").text)
      return ExitCode.usage
    }
    let unknown = words.filter { word in !Key.all.contains { $0.isMeant(by: word) } }
    for word in unknown { printOut("\(word): ERROR (no such key or section\(hint(word)))\n") }
    let keys = Key.all.filter { key in words.isEmpty || words.contains(where: key.isMeant) }
    printOut(isMarkdown ? markdown(keys) : text(keys))
    return unknown.isEmpty ? ExitCode.success : ExitCode.failure
  }

  private static func hint(_ word: String) -> String {
    let known = Key.all.map(\.name) + Key.Kinds.named.map(\.name)
    return nearest(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
  }

  private static func text(_ keys: [Key]) -> String {
    let rows = keys.map { [$0.name, $0.kinds.label, $0.standard] }
    let widths = (0..<3).map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
    return zip(rows, keys).map { row, key in
      zip(row, widths).map { "\($0.padded(to: $1))  " }.joined() + "\(key.meaning)\n"
    }.joined()
  }

  /// The table of the README.
  private static func markdown(_ keys: [Key]) -> String {
    let rows = keys.map { key in
      let standard = key.standard.isEmpty ? "" : "`\(key.standard)`"
      return "| `\(key.name)` | \(key.kinds.label) | \(standard) | \(key.meaning) |\n"
    }
    return "| key | in | default | meaning |\n| --- | --- | --- | --- |\n" + rows.joined()
  }
}

extension Key {
  /// By its own name, or that of a section it may stand in.
  fileprivate func isMeant(by word: String) -> Bool {
    name == word || kinds.names.contains(word)
  }
}

extension Key.Kinds {
  /// Where a key may stand: `commands` are programs, hooks and crons; `programs` are those, FastCGI
  /// programs and event listeners.
  fileprivate var label: String {
    var rest = self
    var words: [String] = []
    let families: [(kinds: Key.Kinds, name: String)] = [
      (.units, "every unit"), (.otherUnits, "every other unit"), (.commands, "commands"),
      (.otherCommands, "other commands"), (.programs, "programs"),
    ]
    for family in families where rest.isSuperset(of: family.kinds) {
      words.append(family.name)
      rest.subtract(family.kinds)
    }
    return (words + rest.names).joined(separator: ", ")
  }
}
