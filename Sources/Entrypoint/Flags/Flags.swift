/// An option of a command line.
package struct Flag: Sendable, Equatable {
  package var letters: [Character]
  /// Without the two hyphens.
  package var names: [String]
  package var takesValue: Bool

  package init(_ letters: String, _ names: String..., takesValue: Bool) {
    self.letters = Array(letters)
    self.names = names
    self.takesValue = takesValue
  }
}

/// One option as it was given.
package struct GivenFlag: Sendable, Equatable {
  /// Index into the flags that were known.
  package var flag: Int
  /// Empty for one that takes none.
  package var value: String
  /// As it was typed: `-c`, or `--configuration` however short it was cut.
  package var option: String
}

/// Wrong words, in the words of Python's getopt, which scripts around supervisord know.
package struct FlagMistake: Error, Sendable, Equatable {
  package var message: String
}

/// Options as getopt(3) reads them: short ones in a bundle, long ones cut to any prefix that fits
/// one alone. The first word that is none begins the rest.
package struct FlagParser {
  private let known: [Flag]
  private var rest: ArraySlice<String>
  private var given: [GivenFlag] = []

  /// The options, and the words after them.
  package static func parse(
    _ words: [String], _ known: [Flag]
  ) throws(FlagMistake) -> (given: [GivenFlag], rest: [String]) {
    var parser = FlagParser(known: known, rest: words[...])
    try parser.parse()
    return (parser.given, Array(parser.rest))
  }

  private init(known: [Flag], rest: ArraySlice<String>) {
    self.known = known
    self.rest = rest
  }

  private mutating func parse() throws(FlagMistake) {
    while let word = rest.first, word.hasPrefix("-"), word != "-" {
      rest = rest.dropFirst()
      if word == "--" { return }
      if word.hasPrefix("--") {
        try takeLong(word.dropFirst(2))
      } else {
        try takeShort(Array(word.dropFirst()))
      }
    }
  }

  private mutating func takeLong(_ word: Substring) throws(FlagMistake) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let (flag, name) = try find(String(parts[0]))
    let bound = parts.count > 1 ? String(parts[1]) : nil
    guard known[flag].takesValue else {
      guard bound == nil else {
        throw FlagMistake(message: "option --\(name) must not have an argument")
      }
      return try take(flag, "", "--\(name)")
    }
    guard let value = bound ?? rest.popFirst() else {
      throw FlagMistake(message: "option --\(name) requires argument")
    }
    try take(flag, value, "--\(name)")
  }

  private func find(_ prefix: String) throws(FlagMistake) -> (flag: Int, name: String) {
    var found: [(flag: Int, name: String)] = []
    for (index, flag) in known.enumerated() {
      if flag.names.contains(prefix) { return (index, prefix) }
      if let name = flag.names.first(where: { $0.hasPrefix(prefix) }) {
        found.append((index, name))
      }
    }
    guard let first = found.first else {
      throw FlagMistake(message: "option --\(prefix) not recognized")
    }
    guard found.count == 1 else {
      throw FlagMistake(message: "option --\(prefix) not a unique prefix")
    }
    return first
  }

  private mutating func takeShort(_ letters: [Character]) throws(FlagMistake) {
    for (position, letter) in letters.enumerated() {
      guard let flag = known.firstIndex(where: { $0.letters.contains(letter) }) else {
        throw FlagMistake(message: "option -\(letter) not recognized")
      }
      guard known[flag].takesValue else {
        try take(flag, "", "-\(letter)")
        continue
      }
      let bundled = String(letters[(position + 1)...])
      guard let value = bundled.isEmpty ? rest.popFirst() : bundled else {
        throw FlagMistake(message: "option -\(letter) requires argument")
      }
      return try take(flag, value, "-\(letter)")
    }
  }

  private mutating func take(_ flag: Int, _ value: String, _ option: String) throws(FlagMistake) {
    // Asking for help twice is no conflict.
    guard !given.contains(where: { $0.flag == flag }) || known[flag].names == ["help"] else {
      throw FlagMistake(message: "conflicting command line option '\(option)'")
    }
    given.append(GivenFlag(flag: flag, value: value, option: option))
  }
}
