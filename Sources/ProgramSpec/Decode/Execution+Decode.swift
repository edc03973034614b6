/// Keys that every command has.
extension SectionReader {
  /// `variables` are those of the section where they have been read already.
  mutating func execution(variables own: SectionVariables? = nil) -> Execution {
    let own = own ?? variables()
    var execution = command()
    readPlace(&execution)
    execution.environment.common = context.common
    execution.environment.files = own.files
    execution.environment.own = own.others
    readRights(&execution)
    return execution
  }

  /// Without one, which has been reported then, the rest is read all the same, so that everything
  /// wrong is said at once.
  private mutating func command() -> Execution {
    guard let text = isProgram && entry("command") != nil ? text("command") : required("command")
    else { return Execution(arguments: []) }
    do {
      let words = try ShellWords.split(text)
      return words.isEmpty
        ? unusable(text, "command is empty") : Execution(arguments: words)
    } catch {
      return unusable(
        text, "can't parse command \(text.pythonRepresentation): \(error.reason)")
    }
  }

  private var isProgram: Bool { !kinds.isDisjoint(with: .programs) }

  /// supervisord takes it of a program, whose starts then fail; of a step it is an error.
  private mutating func unusable(_ text: String, _ problem: String) -> Execution {
    guard isProgram else {
      reject("command", text, ValueProblem(problem))
      return Execution(arguments: [])
    }
    let problem = Concealment.without(context.secrets, problem)
    warn("command", "\(problem); no start of it will work")
    var execution = Execution(arguments: [])
    execution.problem = problem
    return execution
  }

  private mutating func readPlace(_ execution: inout Execution) {
    execution.directory = text("directory").flatMap { $0.isEmpty && !isProgram ? nil : $0 }
    guard kinds.isDisjoint(with: .wait) else { return }
    execution.umask = written("umask", Scalar.octal)
    execution.identity = identity()
    if let identity = execution.identity { warnUnlessPossible(identity) }
    if value("home_environment", false, Scalar.bool) { setHome(&execution) }
  }

  /// As systemd and Docker do it: without an entry in /etc/passwd HOME is `/`, and USER and LOGNAME
  /// are not there, for somebody else's name would be wrong.
  private mutating func setHome(_ execution: inout Execution) {
    let surroundings = context.surroundings
    let user = execution.identity?.user ?? context.own.user
    guard let entry = surroundings.userNumbered(user) else {
      execution.environment.home = [Variable("HOME", "/")]
      execution.removedVariables = ["USER", "LOGNAME"]
      return
    }
    let name = execution.identity?.userName ?? entry.name
    execution.environment.home = [
      Variable("HOME", execution.identity?.home ?? entry.home), Variable("USER", name),
      Variable("LOGNAME", name),
    ]
  }

  private mutating func readRights(_ execution: inout Execution) {
    guard kinds.isDisjoint(with: .wait) else { return }
    execution.nice = optional("nice") { (text) throws(ValueProblem) -> Int32 in
      try bounded(text, -20...19)
    }
    execution.oomScoreAdjustment = optional("oom_score_adj") {
      (text) throws(ValueProblem) -> Int32 in
      try bounded(text, -1000...1000)
    }
    execution.processors = optional("cpu_affinity", Composite.processors) ?? []
    execution.capabilities = optional("capabilities", Capability.set)
    execution.noNewPrivileges = value("no_new_privileges", false, Scalar.bool)
    for resource in ResourceLimit.Resource.allCases {
      let limit = optional(resource.key) { (text) throws(ValueProblem) -> ResourceLimit in
        try Composite.limit(text, resource)
      }
      if let limit { execution.limits.append(limit) }
    }
  }
}

/// An integer between two bounds, both allowed.
func bounded(_ text: String, _ range: ClosedRange<Int32>) throws(ValueProblem) -> Int32 {
  let value = try Scalar.integer(text)
  guard let small = Int32(exactly: value), range.contains(small) else {
    throw ValueProblem("\(value) is not between \(range.lowerBound) and \(range.upperBound)")
  }
  return small
}
