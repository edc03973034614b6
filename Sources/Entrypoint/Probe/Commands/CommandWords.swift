internal import ProgramSpec

/// The words of a command line, told apart: options with and without a value, and the rest.
struct CommandWords {
  struct Problem: Error, Equatable {
    var reason: String
  }

  private(set) var operands: [String] = []
  private var flags: [String] = []
  private var values: [(name: String, value: String)] = []

  /// Options are `--name`, `--name value` or `--name=value`, in any place before a `--`.
  init(_ words: [String], flags known: [String], values valued: [String]) throws(Problem) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        return
      }
      guard word.hasPrefix("-") else {
        operands.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts.first.map(String.init) ?? word
      if parts.count == 1, known.contains(name) {
        flags.append(name)
      } else if valued.contains(name) {
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
          throw Problem(reason: "\(name) needs a value, like \(name) 5s")
        }
        values.append((name, value))
      } else {
        throw Problem(reason: "unknown option \(word)")
      }
    }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }

  func duration(_ name: String, default usual: Duration) throws(Problem) -> Duration {
    guard let text = values.last(where: { $0.name == name })?.value else { return usual }
    do { return try Scalar.duration(text) } catch {
      throw Problem(reason: "\(name): \(error.reason)")
    }
  }

  func urls() throws(Problem) -> [ProbeURL] {
    var urls: [ProbeURL] = []
    for text in operands {
      do { urls.append(try ProbeURL.parse(text)) } catch { throw Problem(reason: error.reason) }
    }
    return urls
  }
}

/// The exit codes of both commands, beside a command's own.
enum CommandExit {
  static let success: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  /// EX_UNAVAILABLE of sysexits(3): what was waited for did not come.
  static let timedOut: Int32 = 69
}
