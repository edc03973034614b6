internal import ControlProtocol
internal import ProgramSpec

/// One app of PM2 into a `[program:x]`, and what goes with it.
struct AppConversion {
  var fields: AppFields
  var draft: ConfigurationDraft
  var section = ConfigurationDraft.Section("program")
  let options: Importer.Options
  private(set) var name = ""
  private(set) var directory: String?
  /// nil: one for each processor.
  private(set) var instances: Int? = 1

  init(_ fields: AppFields, _ options: Importer.Options, _ draft: ConfigurationDraft) {
    self.fields = fields
    self.options = options
    self.draft = draft
  }

  var isSingle: Bool { instances == 1 }

  /// False where there is nothing to run.
  mutating func convert() -> Bool {
    guard let script = fields.take("script", "exec")?.word?.trimmed, !script.isEmpty else {
      return false
    }
    name = draft.unused(fields.take("name")?.word ?? AppConversion.name(of: script))
    section.title = "program:\(name)"
    directory = fields.take("cwd")?.word
    guard writeCommand(script) else {
      draft.note("\(name): not carried over: its command cannot be written")
      return true
    }
    writeDirectory()
    readInstances()
    guard writeUser() else {
      draft.note("\(name): not carried over: its uid or gid cannot be written as user=")
      return true
    }
    writeEnvironment()
    writeRestarts()
    writeStop()
    let folders = writeLogs()
    noteOthers()
    if !folders.isEmpty { addFolders(folders) }
    draft.add(section)
    addRestartByTheClock()
    return true
  }

  private static func name(of script: String) -> String {
    let last = script.split(separator: "/").last.map(String.init) ?? script
    return last.split(separator: ".").first.map(String.init) ?? last
  }

  mutating func note(_ text: String) { draft.note(text, about: name, in: &section) }
}

// The command
extension AppConversion {
  private mutating func writeCommand(_ script: String) -> Bool {
    let arguments = words("args")
    let own = words("node_args", "interpreter_args")
    var words: [String]
    if let interpreter = interpreter(script) {
      words = [interpreter] + own + [script] + arguments
    } else if script.utf8.contains(32), let line = try? ShellLine(script) {
      words = line.words + arguments
    } else {
      let isBare = !script.utf8.contains { [UInt8(ascii: "/"), UInt8(ascii: ".")].contains($0) }
      words = [isBare || script.hasPrefix("/") ? script : "./\(script)"] + arguments
    }
    if let first = words.first { words[0] = resolved(first) }
    guard !words.isEmpty, let command = ConfigurationText.command(words) else { return false }
    section.set("command", command)
    return true
  }

  /// A command is looked for where the supervisor is, not where the program will be; PM2 looks in
  /// `cwd`.
  private func resolved(_ command: String) -> String {
    guard let directory, command.utf8.contains(UInt8(ascii: "/")), !command.hasPrefix("/") else {
      return command
    }
    var path = command[...]
    while path.hasPrefix("./") { path = path.dropFirst(2) }
    return "\(directory)/\(path)"
  }

  private mutating func words(_ names: String...) -> [String] {
    var found: [String] = []
    for name in names {
      guard let value = fields.take(name) else { continue }
      if let words = value.words { found += words } else { note("\(name)=\(value.shown)") }
    }
    return found
  }

  /// nil: it is executed itself.
  private mutating func interpreter(_ script: String) -> String? {
    if let named = fields.take("interpreter", "exec_interpreter")?.word {
      return named == "none" ? nil : named
    }
    guard !script.utf8.contains(32) else { return nil }
    let file = script.split(separator: "/").last.map(String.init) ?? script
    guard let dot = file.utf8.lastIndex(of: UInt8(ascii: ".")), dot > file.startIndex else {
      // A bare word is a command such as npm.
      return script.utf8.contains(UInt8(ascii: "/")) ? "node" : nil
    }
    let known = [
      ".sh": "bash", ".py": "python", ".rb": "ruby", ".php": "php", ".pl": "perl", ".ts": "ts-node",
      ".coffee": "coffee",
    ]
    return known[String(file[dot...])] ?? "node"
  }

  private mutating func writeDirectory() {
    guard let directory else { return }
    if let plain = ConfigurationText.plain(directory) {
      section.set("directory", plain)
    } else {
      note("cwd=\(directory)")
    }
  }

  private mutating func readInstances() {
    let mode = fields.take("exec_mode")?.word ?? ""
    guard let value = fields.take("instances") else { return }
    switch (value.word, value.wholeNumber) {
    case ("max", _), (_, 0): instances = nil
    case (_, .some(let count)) where count < 0:
      instances = nil
      note("instances=\(count); there is one for each processor now")
    case (_, .some(let count)): instances = min(count, 1000)
    default: note("instances=\(value.shown)")
    }
    guard !isSingle else { return }
    section.set("numprocs", instances.map { "\($0)" } ?? "%(cpus)d")
    section.set("process_name", "%(program_name)s_%(process_num)02d")
    guard mode != "fork", mode != "fork_mode" else { return }
    note("the port that the instances of a cluster share; give each its own, or SO_REUSEPORT")
  }

  /// False where the user cannot be written: without one the program would run as root.
  private mutating func writeUser() -> Bool {
    let user = fields.take("uid", "user")
    let group = fields.take("gid")
    guard let user, user != .string("") else {
      if let group { note("gid=\(group.shown) without uid") }
      return true
    }
    guard let name = user.word else { return false }
    var text = name
    if let group {
      guard let name = group.word else { return false }
      text += ":\(name)"
    }
    guard !name.isEmpty, let plain = ConfigurationText.plain(text) else { return false }
    section.set("user", plain)
    return true
  }
}
