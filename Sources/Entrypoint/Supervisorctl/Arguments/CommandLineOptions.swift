/// A mistake that ends with `Error: message` and exit code 2.
struct UsageMistake: Error, Equatable {
  var message: String
}

/// The flags, read as getopt(3) reads them: short ones in a bundle, long ones cut to any prefix
/// that fits one alone. The first word that is no flag begins the action.
struct CommandLineOptions: Equatable {
  var configuration: String?
  var serverURL: String?
  var username: String?
  var password: String?
  var historyFile: String?
  /// Without meaning: a shell there is where there is no action, and else none.
  var isInteractive = false
  var wantsHelp = false
  var words: [String] = []
  private var given: [Flag] = []

  private enum Flag: CaseIterable {
    case configuration, help, interactive, serverURL, username, password, history

    var letters: [UInt8] {
      switch self {
      case .configuration: Array("c".utf8)
      case .help: Array("h?".utf8)
      case .interactive: Array("i".utf8)
      case .serverURL: Array("s".utf8)
      case .username: Array("u".utf8)
      case .password: Array("p".utf8)
      case .history: Array("r".utf8)
      }
    }

    /// The usage text says history-file where supervisord's own parser takes history_file; here
    /// both are good.
    var names: [String] {
      switch self {
      case .configuration: ["configuration"]
      case .help: ["help"]
      case .interactive: ["interactive"]
      case .serverURL: ["serverurl"]
      case .username: ["username"]
      case .password: ["password"]
      case .history: ["history_file", "history-file"]
      }
    }

    var takesValue: Bool { self != .help && self != .interactive }
  }

  static func parse(_ arguments: [String]) -> Result<CommandLineOptions, UsageMistake> {
    var options = CommandLineOptions()
    do {
      try options.read(arguments)
      return .success(options)
    } catch { return .failure(error) }
  }

  private mutating func read(_ arguments: [String]) throws(UsageMistake) {
    var rest = arguments[...]
    while let word = rest.first, word.hasPrefix("-"), word != "-" {
      rest = rest.dropFirst()
      if word == "--" { break }
      if word.hasPrefix("--") {
        try readLong(String(word.dropFirst(2)), &rest)
      } else {
        try readShort(Array(word.utf8.dropFirst()), &rest)
      }
    }
    words = Array(rest)
  }

  private mutating func readLong(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(UsageMistake) {
    let bytes = Array(word.utf8)
    let equals = bytes.firstIndex(of: UInt8(ascii: "="))
    let prefix = String(decoding: bytes[..<(equals ?? bytes.count)], as: UTF8.self)
    let (flag, name) = try Self.find(prefix)
    var value = equals.map { String(decoding: bytes[($0 + 1)...], as: UTF8.self) }
    if value != nil, !flag.takesValue {
      throw UsageMistake(message: "option --\(name) must not have an argument")
    }
    if flag.takesValue, value == nil {
      value = rest.popFirst()
      guard value != nil else { throw UsageMistake(message: "option --\(name) requires argument") }
    }
    try take(flag, value ?? "", as: "--\(name)")
  }

  private static func find(_ prefix: String) throws(UsageMistake) -> (Flag, String) {
    var found: [(Flag, String)] = []
    for flag in Flag.allCases {
      for name in flag.names where name == prefix { return (flag, name) }
      if let name = flag.names.first(where: { $0.hasPrefix(prefix) }) { found.append((flag, name)) }
    }
    guard let first = found.first else {
      throw UsageMistake(message: "option --\(prefix) not recognized")
    }
    guard found.count == 1 else {
      throw UsageMistake(message: "option --\(prefix) not a unique prefix")
    }
    return first
  }

  private mutating func readShort(
    _ letters: [UInt8], _ rest: inout ArraySlice<String>
  ) throws(UsageMistake) {
    for (index, letter) in letters.enumerated() {
      let name = "-\(String(decoding: [letter], as: UTF8.self))"
      guard let flag = Flag.allCases.first(where: { $0.letters.contains(letter) }) else {
        throw UsageMistake(message: "option \(name) not recognized")
      }
      guard flag.takesValue else {
        try take(flag, "", as: name)
        continue
      }
      let bundled = letters[(index + 1)...]
      guard bundled.isEmpty else {
        return try take(flag, String(decoding: bundled, as: UTF8.self), as: name)
      }
      guard let value = rest.popFirst() else {
        throw UsageMistake(message: "option \(name) requires argument")
      }
      return try take(flag, value, as: name)
    }
  }

  private mutating func take(
    _ flag: Flag, _ value: String, as name: String
  ) throws(UsageMistake) {
    if given.contains(flag), flag != .help {
      throw UsageMistake(message: "conflicting command line option \(name.pythonRepresentation)")
    }
    given.append(flag)
    switch flag {
    case .configuration: configuration = value
    case .help: wantsHelp = true
    case .interactive: isInteractive = true
    case .serverURL:
      guard ServerURL.looksLikeOne(value) else {
        let quoted = value.pythonRepresentation
        throw UsageMistake(
          message: "invalid value for \(name) \(quoted): value \(quoted) is not a URL")
      }
      serverURL = value
    case .username: username = value
    case .password: password = value
    case .history: historyFile = value
    }
  }
}
