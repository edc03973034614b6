internal import ControlProtocol
internal import Linux

/// `reread`, `update`, `add`, `remove`, `reload`, `clear`, `avail`: supervisorctl's, by our own
/// socket.
struct GroupCommand {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ verb: Verb, _ arguments: [String]) -> Int32 {
    do throws(ConnectionProblem) {
      switch verb {
      case .reread: return try reread()
      case .update: return try update(arguments)
      case .add: return try each(arguments, "addgroup", "added process group")
      case .remove: return try each(arguments, "removegroup", "removed process group")
      case .reload: return try reload()
      case .clear: return try clear(arguments)
      default: return try available()
      }
    } catch {
      return context.complain(error)
    }
  }

  private func ask(_ line: String) throws(ConnectionProblem) -> [JSONValue] {
    try ControlConnection.ask(line, at: context.socket)
  }

  private func complain(_ answer: JSONValue?, about name: String = "") -> Int32 {
    let fault = answer?["fault"]?.text ?? "no answer"
    let words =
      switch fault {
      case "SHUTDOWN_STATE": "supervisor shutting down"
      case "CANT_REREAD": "CANT_REREAD: \(answer?["message"]?.text ?? "")"
      case "ALREADY_ADDED": "process group already active"
      case "BAD_NAME": "no such process/group: \(name)"
      case "STILL_RUNNING": "process/group still running: \(name)"
      default: fault
      }
    printOut("ERROR: \(words)\n")
    return fault == "ALREADY_ADDED" ? ExitCode.success : ExitCode.failure
  }

  private func reread() throws(ConnectionProblem) -> Int32 {
    let answer = try ask("reread").first
    guard let answer, answer["added"] != nil else { return complain(answer) }
    let words = [("added", "available"), ("changed", "changed"), ("removed", "disappeared")]
    let lines = words.flatMap { key, word in
      (answer.names(key) + answer.steps(key) + answer.crons(key)).map { "\($0): \(word)\n" }
    }
    printOut(lines.isEmpty ? "No config updates to processes\n" : lines.sorted().joined())
    return ExitCode.success
  }

  /// Only what has changed; the rest does not notice.
  private func update(_ names: [String]) throws(ConnectionProblem) -> Int32 {
    let answer = try ask("reread").first
    guard let answer, answer["added"] != nil else { return complain(answer) }
    func isMeant(_ group: String) -> Bool {
      names.isEmpty || names.contains("all") || names.contains(group)
    }
    let crons = { (key: String) in answer.crons(key).filter(isMeant) }
    var code = try update(crons: crons("removed"), "removed")
    for group in answer.names("removed") where isMeant(group) {
      code = max(code, try takeDown(group))
      code = max(code, try each([group], "removegroup", "removed process group"))
    }
    code = max(code, try updateSteps(answer, isMeant))
    for group in answer.names("changed") where isMeant(group) {
      code = max(code, try takeDown(group))
      code = max(code, try replace(group))
    }
    let added = answer.names("added").filter(isMeant)
    code = max(code, try each(added, "addgroup", "added process group"))
    code = max(code, try update(crons: crons("changed"), "updated"))
    return max(code, try each(crons("added"), "updatecron", "added cron"))
  }

  /// A run that is under way is ended, as a program's process is.
  private func update(crons: [String], _ done: String) throws(ConnectionProblem) -> Int32 {
    if !crons.isEmpty { _ = try ask("stop \(crons.joined(separator: " "))") }
    return try each(crons, "updatecron", "\(done) cron")
  }

  /// All at once, for they are done in their order; a hook that runs stays as it was.
  private func updateSteps(
    _ changes: JSONValue, _ isMeant: (String) -> Bool
  ) throws(ConnectionProblem) -> Int32 {
    let words = [("removed", "removed"), ("changed", "updated"), ("added", "added")]
    let steps = words.flatMap { key, done in
      changes.steps(key).filter(isMeant).map { (name: $0, done: done) }
    }
    guard !steps.isEmpty else { return ExitCode.success }
    let answer = try ask("updatesteps").first
    guard answer?["result"] != nil else { return complain(answer) }
    let busy = answer?.names("busy") ?? []
    for step in steps {
      printOut(
        busy.contains(step.name)
          ? "ERROR: step still running: \(step.name)\n"
          : "\(step.name): \(step.done) step\n")
    }
    return steps.contains { busy.contains($0.name) } ? ExitCode.failure : ExitCode.success
  }

  private func replace(_ group: String) throws(ConnectionProblem) -> Int32 {
    let answer = try ask("removegroup \(group)").first
    guard answer?["result"] != nil else { return complain(answer, about: group) }
    return try each([group], "addgroup", "updated process group")
  }

  private func takeDown(_ group: String) throws(ConnectionProblem) -> Int32 {
    let answers = try ask("stop \(group):*")
    if let refused = answers.first(where: { $0["fault"] != nil }) {
      return complain(refused, about: group)
    }
    printOut("\(group): stopped\n")
    return ExitCode.success
  }

  private func each(
    _ groups: [String], _ request: String, _ done: String
  ) throws(ConnectionProblem) -> Int32 {
    var code = ExitCode.success
    for group in groups {
      let answer = try ask("\(request) \(group)").first
      if answer?["result"] != nil {
        printOut("\(group): \(done)\n")
      } else {
        code = max(code, complain(answer, about: group))
      }
    }
    return code
  }

  private func reload() throws(ConnectionProblem) -> Int32 {
    let answer = try ask("reload").first
    guard answer?["result"] != nil else { return complain(answer) }
    printOut("Restarted supervisord\n")
    return ExitCode.success
  }

  private func clear(_ names: [String]) throws(ConnectionProblem) -> Int32 {
    guard !names.isEmpty else {
      printOut("Error: clear requires a process name\n\(Help.text("clear"))")
      return ExitCode.failure
    }
    var code = ExitCode.success
    for answer in try ask("clearlog \(names.joined(separator: " "))") {
      let isDone = answer["result"] != nil
      let isUnknown = answer["fault"]?.text == "BAD_NAME"
      let name = isUnknown ? answer["message"]?.text ?? "" : answer.name
      let words = isUnknown ? "ERROR (no such process)" : "ERROR (failed)"
      printOut("\(name): \(isDone ? "cleared" : words)\n")
      if !isDone { code = ExitCode.failure }
    }
    return code
  }

  private func available() throws(ConnectionProblem) -> Int32 {
    let answers = try ask("configinfo")
    if answers.first?["fault"] != nil { return complain(answers.first) }
    for answer in answers {
      let (name, group) = (answer["name"]?.text ?? "", answer["group"]?.text ?? "")
      let columns = [
        (name == group ? name : "\(group):\(name)", 32),
        (answer["inuse"]?.isTrue == true ? "in use" : "avail", 9),
        (answer["autostart"]?.isTrue == true ? "auto" : "manual", 9),
      ]
      let row = columns.map { $0.0 + String(repeating: " ", count: max(0, $0.1 - $0.0.count)) }
      let priority = "\(answer.number("group_prio")):\(answer.number("process_prio"))"
      printOut("\(row.joined(separator: " ")) \(priority)\n")
    }
    return ExitCode.success
  }
}

extension JSONValue {
  fileprivate func names(_ key: String) -> [String] {
    self[key]?.elements.compactMap(\.text) ?? []
  }

  fileprivate func steps(_ key: String) -> [String] { self["steps"]?.names(key) ?? [] }

  fileprivate func crons(_ key: String) -> [String] { self["crons"]?.names(key) ?? [] }

  fileprivate func number(_ key: String) -> Int { self[key]?.integer ?? 0 }
}
