/// Commands that do not mean what they look like.
extension Advice {
  /// One word is one path: there is no program of that name.
  @Sendable static func quotedCommand(_ subject: AdviceSubject) -> [Finding] {
    subject.programs.compactMap { one in
      guard let entry = one.source.entry("command"), let arguments = one.onlyArgument else {
        return nil
      }
      let parts = arguments.split(separator: " ").dropFirst().map(String.init)
      // A path with a blank in it may well exist; it does not look like options and arguments.
      let areArguments = parts.allSatisfy {
        !$0.utf8.contains(UInt8(ascii: "/")) || $0.hasPrefix("/") || $0.hasPrefix("-")
      }
      guard let quote = entry.value.utf8.first, quote == 34 || quote == 39, !parts.isEmpty,
        areArguments
      else { return nil }
      return Finding(
        entry.location,
        "the quotes make one word of the whole command; write command=\(arguments)")
    }
  }

  /// No shell, no `$`.
  @Sendable static func variable(_ subject: AdviceSubject) -> [Finding] {
    subject.programs.compactMap { one in
      guard let entry = one.source.entry("command"), !one.command.hasOwnLanguage,
        let variable = ShellVariable.first(in: entry.value)
      else { return nil }
      return Finding(
        entry.location,
        "\(variable.text) is not expanded without a shell; write \(variable.instead)")
    } + subject.programs.compactMap(directoryVariable)
  }

  private static func directoryVariable(_ one: AdviceSubject.Program) -> Finding? {
    guard let entry = one.source.entry("directory"),
      let variable = ShellVariable.first(in: entry.value)
    else { return nil }
    return Finding(
      entry.location, "\(variable.text) is not expanded here; write \(variable.instead)")
  }

  /// As soon as there are two processes, they would share one name, or one port.
  @Sendable static func processNumber(_ subject: AdviceSubject) -> [Finding] {
    subject.programs.compactMap { one in
      guard let entry = one.source.entry("numprocs") else { return nil }
      if entry.value.holds("%("), one.source.entry("process_name")?.value.namesNumber != true {
        return Finding(
          entry.location,
          "above 1 this is refused, since all would have one name; "
            + "write process_name=%(program_name)s_%(process_num)02d")
      }
      guard one.program.processes.count > 1, case .plain = one.program.kind,
        let command = one.source.entry("command"), !command.value.namesNumber,
        let port = one.command.words.value(of: ["--port"]), Int(port) != nil
      else { return nil }
      return Finding(
        command.location,
        "all processes listen on port \(port), and all but one fail; write a port that ends in "
          + "%(process_num)d, or numprocs=1")
    }
  }

  /// Replicas that start together would migrate together.
  @Sendable static func migrationLock(_ subject: AdviceSubject) -> [Finding] {
    let hooks = subject.hooks.compactMap { one -> Finding? in
      guard one.hook.lock == nil, let migration = Migration.first(of: one.command) else {
        return nil
      }
      return Finding(
        one.source.location("command"),
        "several replicas that start at once all migrate; write lock=file:///PATH on a volume "
          + "they share\(migration.alternative)")
    }
    let programs = subject.programs.compactMap { one -> Finding? in
      guard one.program.autostart, let migration = Migration.first(of: one.command) else {
        return nil
      }
      return Finding(
        one.source.location("command"),
        "several replicas that start at once all migrate; make it a [hook:migrate] with "
          + "lock=file:///PATH on a volume they share\(migration.alternative)")
    }
    return hooks + programs
  }
}

extension AdviceSubject.Program {
  fileprivate var onlyArgument: String? {
    guard let arguments = program.processes.first?.execution.arguments, arguments.count == 1 else {
      return nil
    }
    return arguments[0]
  }
}

extension CommandWords {
  /// A `$` is for somebody else in it: a shell, an interpreter, a program of templates.
  fileprivate var hasOwnLanguage: Bool {
    let names = [
      "sh", "bash", "ash", "dash", "zsh", "ksh", "su", "sudo", "runuser", "script", "ssh", "awk",
      "gawk", "perl", "php", "ruby", "python", "python3", "node", "envsubst", "eval", "expect",
      "flock", "watch", "xargs", "sed", "grep", "jq", "dockerize", "confd", "fish", "tclsh",
    ]
    return script != nil
      || words.contains { names.contains(CommandWords.name(of: [$0])) && $0 != "php" }
      || words.contains { ["-c", "-r", "-e", "--command", "--eval"].contains($0) && isInterpreter }
  }

  private var isInterpreter: Bool {
    ["php", "node", "deno", "bun", "lua"].contains { name.hasPrefix($0) } && !isPHPFPM
  }
}

extension String {
  fileprivate var namesNumber: Bool { holds("%(process_num)") }
}

/// `$NAME`, `${NAME}` and `${NAME:-default}`, outside single quotes.
private struct ShellVariable {
  var text: String
  var instead: String

  static func first(in value: String) -> ShellVariable? {
    let bytes = Array(value.utf8)
    var isQuoted = false
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "'") { isQuoted.toggle() }
      let isEscaped = index > 0 && bytes[index - 1] == UInt8(ascii: "\\")
      guard byte == UInt8(ascii: "$"), !isQuoted, !isEscaped else { continue }
      if let found = ShellVariable(String(decoding: bytes[(index + 1)...], as: UTF8.self)) {
        return found
      }
    }
    return nil
  }

  /// What follows the `$`. Names in capitals only: `$uri` and `$1` belong to somebody else.
  private init?(_ rest: String) {
    let isBraced = rest.hasPrefix("{")
    let bytes = Array((isBraced ? rest.dropFirst() : rest[...]).utf8)
    let name = bytes.prefix { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
    guard let first = name.first, (65...90).contains(first), name.count > 1 else { return nil }
    let word = String(decoding: name, as: UTF8.self)
    guard isBraced else {
      let next = bytes.dropFirst(name.count).first
      guard next.map({ !(97...122).contains($0) }) ?? true else { return nil }
      (text, instead) = ("$\(word)", "%(ENV_\(word))s")
      return
    }
    guard let close = bytes.firstIndex(of: UInt8(ascii: "}")), close >= name.count else {
      return nil
    }
    let tail = String(decoding: bytes[name.count..<close], as: UTF8.self)
    guard tail.isEmpty || tail.hasPrefix(":-") else { return nil }
    (text, instead) = ("${\(word)\(tail)}", "%(ENV_\(word)\(tail))s")
  }
}

/// A change of a database that must not be made twice at once.
private struct Migration {
  /// Another way than a lock of ours.
  var alternative: String

  static func first(of command: CommandWords) -> Migration? {
    command.simpleCommands.compactMap(Migration.init).first
  }

  private init?(_ words: [String]) {
    let isArtisan = words.contains { $0 == "artisan" || $0.hasSuffix("/artisan") }
    if isArtisan, words.contains("migrate") {
      guard !words.contains(where: { $0.hasPrefix("--isolated") || $0 == "--pretend" }) else {
        return nil
      }
      alternative = ", or add --isolated"
    } else if words.contains("doctrine:migrations:migrate")
      || (words.contains { $0 == "manage.py" || $0.hasSuffix("/manage.py") }
        && words.contains("migrate"))
    {
      alternative = ""
    } else {
      return nil
    }
  }
}
