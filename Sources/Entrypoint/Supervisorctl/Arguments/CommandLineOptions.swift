internal import Flags
internal import ProgramSpec

/// A mistake that ends with `Error: message` and exit code 2.
struct UsageMistake: Error, Equatable {
  var message: String
}

/// The flags, and the words of the action after them.
struct CommandLineOptions: Equatable {
  var configuration: String?
  var serverURL: String?
  var username: String?
  var password: String?
  var historyFile: String?
  var isInteractive = false
  var wantsHelp = false
  var words: [String] = []

  private enum Meaning {
    case configuration, help, interactive, serverURL, username, password, history
  }

  /// The usage text says history-file where supervisord's own parser takes history_file; here both
  /// are good.
  private static let known: [(flag: Flag, meaning: Meaning)] = [
    (Flag("c", "configuration", takesValue: true), .configuration),
    (Flag("h?", "help", takesValue: false), .help),
    (Flag("i", "interactive", takesValue: false), .interactive),
    (Flag("s", "serverurl", takesValue: true), .serverURL),
    (Flag("u", "username", takesValue: true), .username),
    (Flag("p", "password", takesValue: true), .password),
    (Flag("r", "history_file", "history-file", takesValue: true), .history),
  ]

  static func parse(_ arguments: [String]) -> Result<CommandLineOptions, UsageMistake> {
    let given: [GivenFlag]
    var options = CommandLineOptions()
    do { (given, options.words) = try FlagParser.parse(arguments, known.map(\.flag)) } catch {
      return .failure(UsageMistake(message: error.message))
    }
    do {
      for flag in given { try options.take(flag) }
      return .success(options)
    } catch { return .failure(error) }
  }

  private mutating func take(_ given: GivenFlag) throws(UsageMistake) {
    switch Self.known[given.flag].meaning {
    case .configuration: configuration = given.value
    case .help: wantsHelp = true
    case .interactive: isInteractive = true
    case .serverURL:
      guard ServerURL.looksLikeOne(given.value) else {
        let quoted = given.value.pythonRepresentation
        throw UsageMistake(
          message: "invalid value for \(given.option) \(quoted): value \(quoted) is not a URL")
      }
      serverURL = given.value
    case .username: username = given.value
    case .password: password = given.value
    case .history: historyFile = given.value
    }
  }
}
