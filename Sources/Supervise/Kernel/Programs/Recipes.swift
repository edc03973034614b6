internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// What each instance is started with: looked up and laid out when it is first needed.
struct Recipes {
  /// What every process inherits from the container, and further variables that processes share.
  private let environments: SharedEnvironments
  let queries: LaunchQueries
  var facts: LaunchFacts
  /// Of the first unix socket that is served, else of the first port.
  private let serverURL: String?
  /// What programs get where they name no limit of their own; nil: as we have it.
  var fileLimit: ResourceLimit?
  /// The variables of every program, before its own.
  private let common: VariableSet
  /// Those of `common` that a user other than root may choose.
  private let untrusted: [UntrustedVariables]
  /// Settled once, before the loop begins.
  var roleUsers = RoleUsers.none
  /// See `RootGroup`.
  let sharesRootGroup: Bool

  init(_ configuration: Configuration, environment: [String], facts: HostRecord) {
    self.facts = LaunchFacts(facts)
    queries = LaunchQueries(environment: environment)
    // What was meant for us, and would mislead a program that reads it.
    let ours = [
      "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC",
      "WATCHDOG_PID",
    ].map { "\($0)=" }
    environments = SharedEnvironments(
      environment.filter { entry in !ours.contains { entry.hasPrefix($0) } })
    common = configuration.supervisor.environment
    untrusted = configuration.supervisor.untrusted
    sharesRootGroup = configuration.unitInRootGroup != nil
    serverURL = configuration.servers.serverURL
  }

  func program(
    _ program: Program, _ process: Process, notifySocket: String?, isForeground: Bool
  ) -> Result<Launch.Recipe, SpawnFailure> {
    var own = isForeground ? [] : variables(program, process)
    if let notifySocket, !isForeground {
      own.append(Variable("NOTIFY_SOCKET", notifySocket))
      // Without WATCHDOG_PID every process of the program may send WATCHDOG=1, as may a child of a
      // shell script: sd_watchdog_enabled(3).
      if let interval = program.watchdog {
        own.append(Variable("WATCHDOG_USEC", "\(interval.wholeNanoseconds / 1000)"))
      }
    }
    return recipe(process.execution, own).map { found in
      var recipe = found
      recipe.takesTerminal = isForeground
      recipe.fallsBackToShell = isForeground
      return recipe
    }
  }

  /// As the program itself, but for the command.
  func stopCommand(
    _ program: Program, _ process: Process
  ) -> Result<Launch.Recipe, SpawnFailure> {
    var execution = process.execution
    execution.arguments = process.stopCommand
    return recipe(execution, variables(program, process))
  }

  /// What supervisord tells its programs.
  private func variables(_ program: Program, _ process: Process) -> [Variable] {
    var own = [
      Variable("SUPERVISOR_ENABLED", "1"), Variable("SUPERVISOR_PROCESS_NAME", process.name),
      Variable("SUPERVISOR_GROUP_NAME", process.group),
    ]
    if let url = program.serverURL ?? serverURL {
      own.append(Variable("SUPERVISOR_SERVER_URL", url))
    }
    return own
  }

  func hook(_ hook: Hook) -> Result<Launch.Recipe, SpawnFailure> {
    recipe(hook.execution, []).map { found in
      guard let lock = hook.lock else { return found }
      let command =
        ["\(lock.timeout.wholeNanoseconds / 1_000_000)", found.path] + found.arguments
      var locked = found
      locked.path = ThisProcess.ownExecutable
      switch lock.place {
      case .file(let path):
        locked.arguments = ["entrypoint: lock", path] + command
        if sharesRootGroup { locked.environment.set(RootGroup.variable, "1") }
      case .redis(let redis):
        locked.arguments = ["entrypoint: lease"] + command
        // The URL may hold a password, which the hook's user must not read.
        if ThisProcess.effectiveUser == 0 { locked.delegateRights() }
        locked.environment.set("ENTRYPOINT_LOCK", redis.confidentialText)
        if hook.stage == .stop || !hook.execution.limits.isEmpty {
          locked.environment.set("ENTRYPOINT_LOCK_NO_RETRY", "1")
        }
        // Another user than root cannot become a third one.
        if locked.identity == nil, let user = roleUsers.rights(of: .redis).user {
          locked.environment.set("ENTRYPOINT_LOCK_USER", "\(user)")
        }
      }
      return locked
    }
  }

  func cron(_ cron: Cron) -> Result<Launch.Recipe, SpawnFailure> { recipe(cron.execution, []) }

  /// Our own binary in one of its roles, with the rights and the variables of its row in
  /// `RoleName.rights`, and with `variables`.
  func role(
    _ name: RoleName, _ arguments: [String], adding variables: [Variable] = []
  ) -> Launch.Recipe {
    var environment = name.rights.variables.kept(of: environments.inherited)
    for variable in variables { environment.set(variable.name, variable.value) }
    if sharesRootGroup { environment.set(RootGroup.variable, "1") }
    var recipe = Launch.Recipe(
      path: ThisProcess.ownExecutable, arguments: arguments, environment: environment)
    recipe.reducedRights = roleUsers.rights(of: name)
    return recipe
  }

  /// The role of a check that runs a command: the command gets the rights, the directory and the
  /// variables of `place`, and what every program gets.
  func commandProbe(
    _ arguments: [String], adding variables: [Variable], _ place: Execution
  ) -> Launch.Recipe {
    var recipe = Launch.Recipe(
      path: ThisProcess.ownExecutable, arguments: arguments,
      environment: environments.environment(of: place, adding: variables))
    describe(place, in: &recipe)
    return recipe
  }

  func directory(_ step: DirectoryStep) -> Launch.Recipe {
    role(
      .directory,
      ["entrypoint: directory"] + owner(step.owner) + [
        step.mode.map { String($0, radix: 8) } ?? "-", step.recursive ? "recursive" : "-",
      ] + step.paths)
  }

  /// A program of root may read the file, unless the file belongs to another user.
  func template(_ template: TemplateStep) -> Launch.Recipe {
    let isRoots = template.owner.map { facts.current($0).user == 0 } ?? true
    let refused = isRoots ? untrusted.flatMap { [$0.file, $0.names.joined(separator: " ")] } : []
    return role(
      .template,
      ["entrypoint: template"] + owner(template.owner) + [
        template.mode.map { String($0, radix: 8) } ?? "-", template.source, template.destination,
      ] + refused, adding: common.variables)
  }

  func socket(_ socket: SharedSocket, _ path: String) -> Launch.Recipe {
    role(
      .socket,
      [
        "entrypoint: socket", path, String(socket.mode, radix: 8), "\(socket.backlogOrDefault)",
      ] + owner(socket.owner))
  }

  private func owner(_ identity: Identity?) -> [String] {
    let identity = identity.map(facts.current)
    return [identity.map { "\($0.user)" } ?? "-", identity.map { "\($0.group)" } ?? "-"]
  }

  /// How it is set up, and as whom.
  func describe(_ execution: Execution, in recipe: inout Launch.Recipe) {
    recipe.describe(execution)
    become(execution.identity, in: &recipe)
  }

  /// As whom, if that is another user than the supervisor's.
  func become(_ identity: Identity?, in recipe: inout Launch.Recipe) {
    guard let wanted = identity.map(facts.current), ThisProcess.credentials.differ(from: wanted)
    else { return }
    recipe.identity = (wanted.user, wanted.group, wanted.supplementaryGroups)
  }

  private func recipe(
    _ execution: Execution, _ own: [Variable]
  ) -> Result<Launch.Recipe, SpawnFailure> {
    if let problem = execution.problem {
      return .failure(SpawnFailure(kind: .notExecutable, text: problem))
    }
    let name = execution.arguments.first ?? ""
    switch queries.command(of: execution).flatMap(facts.command) {
    case nil:
      return .failure(
        SpawnFailure(kind: .other, text: "command '\(name)' could not be looked up"))
    case .failure(let problem): return .failure(SpawnFailure(problem, name))
    case .success(let path):
      var recipe = Launch.Recipe(
        path: path, arguments: execution.arguments,
        environment: environments.environment(of: execution, replacing: own))
      describe(execution, in: &recipe)
      if let fileLimit, !execution.limits.contains(where: { $0.resource == .nofile }) {
        recipe.limits.append((fileLimit.resource.rawValue, fileLimit.soft, fileLimit.hard))
      }
      return .success(recipe)
    }
  }

  /// Why its command cannot be run; nil: it can, as far as one can see.
  func obstacle(to execution: Execution) -> SpawnFailure? {
    guard case .failure(let failure) = recipe(execution, []) else { return nil }
    return failure
  }
}

extension [HTTPServer] {
  /// supervisord's SUPERVISOR_SERVER_URL.
  fileprivate var serverURL: String? {
    var port: String?
    for server in self {
      switch server.address {
      case .unix(let path, _, _, _): return "unix://\(path)"
      case .inet(let host, let number):
        port = port ?? "http://\(host.isEmpty ? "localhost" : host):\(number)"
      }
    }
    return port
  }
}

extension Launch.Recipe {
  fileprivate mutating func describe(_ execution: Execution) {
    directory = execution.directory
    umask = execution.umask
    nice = execution.nice
    oomScoreAdjustment = execution.oomScoreAdjustment
    noNewPrivileges = execution.noNewPrivileges
    processors = execution.processors
    capabilities = execution.capabilities
    limits = execution.limits.map { ($0.resource.rawValue, $0.soft, $0.hard) }
  }
}

extension SpawnFailure {
  /// supervisord's words (its `get_execv_args`).
  fileprivate init(_ problem: CommandProblem, _ name: String) {
    switch problem {
    case .notFound: self.init(kind: .noFile, text: "can't find command '\(name)'")
    case .isDirectory:
      self.init(kind: .notExecutable, text: "command at '\(name)' is a directory")
    case .notExecutable:
      self.init(kind: .notExecutable, text: "command at '\(name)' is not executable")
    case .notPermitted:
      self.init(kind: .notExecutable, text: "no permission to run command '\(name)'")
    }
  }

  /// `execution` is what was to be started; nil: a step of our own, as whoever we are.
  init(_ failure: SpawnReport.Failure, _ execution: Execution?) {
    let command = execution?.arguments.first ?? ThisProcess.ownExecutable
    let user = execution?.identity?.user ?? ThisProcess.effectiveUser
    let reason = "\(failure.error.message)"
    let text =
      switch failure.stage {
      case .group: "couldn't setpgrp: \(reason)"
      case .terminal: "couldn't take the terminal: \(reason)"
      case .descriptors: "couldn't set up its descriptors: \(reason)"
      case .oomScore: "couldn't set oom_score_adj: \(reason)\(SpawnFailure.oomHint(failure.error))"
      case .nice: "couldn't set nice: \(reason)"
      case .limits: "couldn't set its limits: \(reason)"
      case .processors: "couldn't set cpu_affinity: \(reason)"
      case .boundingSet, .capabilities: "couldn't set its capabilities: \(reason)"
      case .supplementaryGroups: "couldn't set its groups: \(reason)"
      case .groupID: "couldn't set its group: \(reason)"
      case .userID: "couldn't setuid to \(user): \(reason)"
      case .directory: "couldn't chdir: \(reason)"
      case .privileges: "couldn't set no_new_privileges: \(reason)"
      case .exec: "couldn't exec \(command): \(failure.error.name)"
      }
    // A limit that the configuration sets is no shortage of the host.
    let hasLimits = execution.map { !$0.limits.isEmpty } ?? false
    self.init(kind: hasLimits ? .other : .init(failure.error), text: text)
  }

  private static func oomHint(_ error: Errno) -> String {
    guard error == .accessDenied else { return "" }
    return "; a value below the container's own needs the capability SYS_RESOURCE"
  }

  init(spawning error: Errno, name: String) {
    let text =
      error == .wouldBlock
      ? "Too many processes in process table to spawn '\(name)'"
      : "unknown error during fork for '\(name)': \(error.name)"
    self.init(kind: .init(error), text: text)
  }
}

extension SpawnFailure.Kind {
  init(_ error: Errno) { self = error.isShortage ? .shortage : .other }
}
