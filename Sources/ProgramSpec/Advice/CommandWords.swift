/// What a command really runs: behind a change of user, an environment, or a shell.
struct CommandWords {
  /// Those of the process that gets the signals.
  private(set) var words: [String]
  /// What `sh -c` is given, where that is what gets the signals.
  private(set) var script: ShellScript?
  /// The shell's name with it.
  private(set) var shell = ""

  init(_ arguments: [String]) {
    words = arguments
    // Wrappers may stand before wrappers; nobody has more than a few.
    for _ in 0..<8 {
      if let script = CommandWords.script(of: words) {
        guard let simple = script.executed else {
          shell = name
          self.script = script
          return
        }
        words = simple
      } else if let inner = CommandWords.unwrapped(words) {
        words = inner
      } else {
        return
      }
    }
  }

  /// The program's name without its directory.
  var name: String { CommandWords.name(of: words) }

  /// Every command that is run, one after the other: one, but for a script.
  var simpleCommands: [[String]] {
    guard let script else { return [words] }
    return script.segments.map { CommandWords.unwrapped($0.words) ?? $0.words }
  }

  /// It serves, it does not only answer a question or send a signal.
  var isNginx: Bool {
    name == "nginx" && !words.contains { ["-s", "-t", "-T", "-v", "-V", "-h"].contains($0) }
  }

  /// `php-fpm`, `php-fpm8.2`, `php-fpm82`.
  var isPHPFPM: Bool {
    guard name.hasPrefix("php-fpm") else { return false }
    let version = name.utf8.dropFirst(7)
    return version.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
      && !words.contains { ["-t", "-tt", "-v", "-m", "-i", "-h"].contains($0) }
  }

  static func name(of words: [String]) -> String {
    guard let first = words.first else { return "" }
    return first.split(separator: "/").last.map(String.init) ?? first
  }
}

extension CommandWords {
  /// Without the wrapper, which execs the rest; nil where there is none.
  private static func unwrapped(_ words: [String]) -> [String]? {
    var rest = words.dropFirst()
    switch name(of: words) {
    case "exec", "nohup", "docker-php-entrypoint", "tini", "dumb-init", "catatonit", "setpriv":
      rest = rest.drop { $0.hasPrefix("-") }
    case "env": rest = rest.drop { $0.hasPrefix("-") || $0.isAssignment }
    case "gosu", "su-exec": rest = rest.dropFirst()
    case "nice":
      if rest.first == "-n" { rest = rest.dropFirst(2) }
      rest = rest.drop { $0.hasPrefix("-") }
    default:
      guard let first = words.first, first.isAssignment else { return nil }
    }
    return rest.isEmpty ? nil : Array(rest)
  }

  /// What stands after `sh -c`.
  private static func script(of words: [String]) -> ShellScript? {
    guard ["sh", "bash", "ash", "dash", "zsh", "ksh"].contains(name(of: words)) else { return nil }
    var rest = words.dropFirst()
    while let word = rest.popFirst(), word.hasPrefix("-"), !word.hasPrefix("--") {
      if word.utf8.contains(UInt8(ascii: "c")) { return rest.first.map(ShellScript.init) }
      if word == "-o" { rest = rest.dropFirst() }
    }
    return nil
  }
}

extension String {
  /// `NAME=value`.
  var isAssignment: Bool {
    guard let equals = utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
    return String(self[..<equals]).isVariableName
  }

  var isVariableName: Bool {
    guard let first = utf8.first, !(48...57).contains(first) else { return false }
    return utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
    }
  }
}
