/// How a process is named in calls: `cat`, `group:cat`, and all of a group `group:*` or `group:`.
struct Namespec {
  /// As it was given: what faults name.
  let given: String
  private let group: String
  /// nil: all of the group.
  private let process: String?

  init(_ given: String) {
    self.given = given
    guard let colon = given.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      group = given
      process = given
      return
    }
    group = String(given[..<colon])
    let rest = String(given[given.utf8.index(after: colon)...])
    process = rest.isEmpty || rest == "*" ? nil : rest
  }

  init(group: String) {
    given = group
    self.group = group
    process = nil
  }

  var isGroup: Bool { process == nil }

  /// As a word for PID 1; nil where no process can be called so and the line would be another's.
  /// With the group always, for a bare `all` would mean everything; `:` is the process without a
  /// name.
  var word: String? {
    let text = "\(group):\(process ?? "*")"
    guard text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { return nil }
    return text
  }
}

/// The name as PID 1 shows it, in its two parts: `cat` is `cat:cat`.
func partsOfName(_ shown: String) -> (group: String, process: String) {
  guard let colon = shown.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (shown, shown) }
  return (String(shown[..<colon]), String(shown[shown.utf8.index(after: colon)...]))
}
