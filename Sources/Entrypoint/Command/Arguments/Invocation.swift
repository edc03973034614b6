/// What the command line asks for.
package struct Invocation: Sendable, Equatable {
  package enum Action: Sendable, Equatable {
    /// With a command: that one in the foreground.
    case run(command: [String])
    case command(Verb, [String])
    case help(String?)
    /// Of this binary; the command of that name asks the supervisor.
    case ownVersion
  }

  package var action: Action
  package var configurationPath: String?
  package var socket: String?
  package var skipsSteps = false

  /// Reads the words after the program's name.
  ///
  /// Options may come before or after the command word. A first word that is neither an option nor
  /// a command is a program to run in the foreground, so that `docker run IMAGE bash` works.
  package static func parse(_ words: [String]) -> Result<Invocation, UsageError> {
    var parser = ArgumentParser(words)
    return parser.parse()
  }
}

/// Wrong words on the command line.
package struct UsageError: Error, Sendable, Equatable {
  package var message: String

  /// As supervisord says it, with exit code 2.
  package var text: String { "Error: \(message)\nFor help, use entrypoint -h\n" }
}

/// The command words, but for `run` and `help`.
package enum Verb: String, Sendable, CaseIterable {
  case status, start, stop, restart, scale, signal, pid, tail, shutdown
  case reread, update, add, remove, reload, clear, avail, maintail
  case check, config, keys, `import`, graph, next, timeline, events, wait, probe, ready, healthcheck
  case smoke, version

  /// Takes its own options apart from ours.
  fileprivate var readsItsOwnOptions: Bool { self == .wait || self == .probe }
}

private struct ArgumentParser {
  private var rest: ArraySlice<String>
  private var invocation = Invocation(action: .run(command: []))
  private var verb: Verb?
  private var isRun = false
  private var arguments: [String] = []

  init(_ words: [String]) { rest = words[...] }

  mutating func parse() -> Result<Invocation, UsageError> {
    while let word = rest.popFirst() {
      do throws(UsageError) {
        guard try take(word) else { return .success(invocation) }
      } catch {
        return .failure(error)
      }
    }
    if let verb { invocation.action = .command(verb, arguments) }
    return .success(invocation)
  }

  /// False when the rest belongs to somebody else.
  private mutating func take(_ word: String) throws(UsageError) -> Bool {
    switch word {
    case "-c", "--configuration": invocation.configurationPath = try value(of: word)
    case "-s", "--socket": invocation.socket = try value(of: word)
    case "--no-hooks": invocation.skipsSteps = true
    case "-h", "--help", "-?":
      invocation.action = .help(verb?.rawValue ?? (isRun ? "run" : nil))
      return false
    case "-v", "--version":
      invocation.action = .ownVersion
      return false
    case "--" where verb == nil:
      invocation.action = .run(command: Array(rest))
      return false
    default: return try takeOther(word)
    }
    return true
  }

  private mutating func takeOther(_ word: String) throws(UsageError) -> Bool {
    if verb != nil {
      arguments.append(word)
      return true
    }
    if word.hasPrefix("-") { throw UsageError(message: "option \(word) not recognized") }
    if word == "run", !isRun {
      isRun = true
      return true
    }
    if word == "help", !isRun {
      invocation.action = .help(rest.first)
      return false
    }
    guard !isRun, let known = Verb(rawValue: word), known != .tail || !namesFile else {
      invocation.action = .run(command: [word] + rest)
      return false
    }
    verb = known
    guard known.readsItsOwnOptions else { return true }
    arguments = Array(rest)
    rest = []
    return true
  }

  /// No program has a slash in its name: `tail -f /dev/null`, with which images are kept up, is
  /// another's.
  private var namesFile: Bool {
    let ours = ["-c", "--configuration", "-s", "--socket"]
    return zip([""] + rest, rest).contains { !ours.contains($0) && $1.hasPrefix("/") }
  }

  private mutating func value(of option: String) throws(UsageError) -> String {
    guard let value = rest.popFirst() else {
      throw UsageError(message: "option \(option) requires argument")
    }
    return value
  }
}
