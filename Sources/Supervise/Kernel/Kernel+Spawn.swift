internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// Starting the process of an instance.
extension Kernel {
  /// The event that answers the core's effect.
  mutating func spawn(_ id: InstanceID) -> Event {
    let name = fleet.plan.members[id.index].displayName
    do throws(SpawnFailure) {
      try checkSurvivors(of: id)
      let launch = try launch(for: id)
      try preparing { () throws(Errno) in try openNotifications(id, launch) }
      var start = try preparedStart(of: id, name)
      let report = try preparing { () throws(Errno) in
        try reports.report(Kernel.reportPlace(of: id))
      }
      let pid: Int32
      do throws(Errno) { pid = try launch.start(start.streams, report: report) } catch {
        beginNotifications(id, pid: nil)
        return .spawnFailed(id, SpawnFailure(spawning: error, name: name))
      }
      children.add(pid, .instance(id), role: stepRole(of: id))
      measure(id)
      beginNotifications(id, pid: pid)
      keep(&start, of: id)
      if let record = start.streams.announcement?.record { announce(record, pid) }
      return .spawned(id, pid: pid)
    } catch {
      beginNotifications(id, pid: nil)
      return .spawnFailed(id, error)
    }
  }

  /// A program comes back once they have ended; a step, or a run of a cron, has failed.
  private mutating func checkSurvivors(of id: InstanceID) throws(SpawnFailure) {
    guard let obstacle = obstacle(to: .instance(id), "processes") else { return }
    let isProgram = fleet.plan.members[id.index].isProgram
    throw SpawnFailure(kind: isProgram ? .shortage : .other, text: obstacle)
  }

  /// The process runs: what PID 1 keeps of its start goes to the tables that use it.
  private mutating func keep(_ start: inout PreparedStart, of id: InstanceID) {
    let input = start.takeInput()
    if let input, let output = start.takeOutput() {
      addListener(Listener(instance: id, input: input, output: output, log: start.listenerLog))
    } else if let input {
      inputs.open(id, input)
    }
    if let readiness = start.takeReadiness() { watchReadiness(readiness, of: id) }
  }

  /// Laid out at the first start; after a start that failed its facts are looked up again.
  private mutating func launch(for id: InstanceID) throws(SpawnFailure) -> Launch {
    if let launch = launches[id] { return launch }
    do throws(SpawnFailure) {
      let launch = Launch(try recipe(for: id).get())
      // A step may have changed the uid of a user.
      if let user = launch.user, recipes.roleUsers.includes(user) {
        throw SpawnFailure(kind: .other, text: "uid \(user) belongs to a role: use another uid")
      }
      launches[id] = launch
      return launch
    } catch {
      recipes.facts.becomeStale(queries(of: [id]))
      throw error
    }
  }

  /// The role that is the process of this instance, or that runs its command; nil where the process
  /// is that command from the beginning. Its own user may stop that one.
  private func stepRole(of id: InstanceID) -> ChildTable.Role? {
    guard let unit = fleet.plan.node(of: id).unit else { return nil }
    switch configuration.units[unit].work {
    case .directory: return .init(name: "directory role of \(name(of: id))")
    case .template: return .init(name: "template role of \(name(of: id))")
    case .hook(let hook):
      switch hook.lock?.place {
      case .redis?: return .init(name: "lease of \(name(of: id))")
      case .file?: return .init(name: "lock role of \(name(of: id))", becomesCommand: true)
      case nil: return nil
      }
    case .program, .cron, .wait: return nil
    }
  }

  private mutating func recipe(for id: InstanceID) -> Result<Launch.Recipe, SpawnFailure> {
    guard let unit = fleet.plan.node(of: id).unit else {
      return .failure(SpawnFailure(kind: .other, text: "nothing to run"))
    }
    switch configuration.units[unit].work {
    case .program(let program):
      let process = program.processes[fleet.plan.members[id.index].number]
      let address: String?
      do throws(Errno) { address = notifies(id) ? try notifications.address(of: id) : nil } catch {
        return .failure(
          SpawnFailure(
            kind: .init(error), text: "no address for its notifications: \(error.message)"))
      }
      return recipes.program(
        program, process, notifySocket: address,
        isForeground: fleet.plan.foreground == id)
    case .hook(let hook): return recipes.hook(hook)
    case .cron(let cron): return recipes.cron(cron)
    case .directory(let step): return .success(recipes.directory(step))
    case .template(let step): return .success(recipes.template(step))
    case .wait: return .failure(SpawnFailure(kind: .other, text: "nothing to run"))
    }
  }

  /// What the process gets, and what PID 1 opens for it. Nothing is left open where this throws.
  private mutating func preparedStart(
    of id: InstanceID, _ name: String
  ) throws(SpawnFailure) -> PreparedStart {
    guard let unit = fleet.plan.node(of: id).unit, fleet.plan.foreground != id else {
      return PreparedStart(Launch.Streams(input: 0, output: 1, error: 2))
    }
    switch configuration.units[unit].work {
    case .program(let program): return try preparedStart(of: id, program, name)
    case .hook(let hook):
      return PreparedStart(try streams(id, hook.execution, name, readyText: nil))
    case .cron(let cron):
      return PreparedStart(try streams(id, cron.execution, name, readyText: nil))
    case .wait, .directory, .template:
      return PreparedStart(Launch.Streams(input: nil, output: 1, error: 2))
    }
  }

  private mutating func preparedStart(
    of id: InstanceID, _ program: Program, _ name: String
  ) throws(SpawnFailure) -> PreparedStart {
    let process = program.processes[fleet.plan.members[id.index].number]
    var start = PreparedStart(
      try streams(id, process.execution, name, readyText: program.readiness.logText))
    try addInput(to: &start, of: id, program)
    if case .descriptor(let number) = program.readiness {
      try preparing { () throws(Errno) in try start.addReadiness(as: number) }
    }
    return start
  }

  /// What it reads from: a shared socket, the events role, the clients of sendProcessStdin, or a
  /// pipe that stays silent.
  private mutating func addInput(
    to start: inout PreparedStart, of id: InstanceID, _ program: Program
  ) throws(SpawnFailure) {
    let section = fleet.plan.node(of: id).name
    switch program.kind {
    case .fastCGI(let socket):
      guard let open = sharedSockets[section] else {
        throw SpawnFailure(.other, socket: socket, Errno.notFound.name)
      }
      start.read(from: open)
    case .eventListener: try preparing { () throws(Errno) in try start.addListenerPipes() }
    case .plain where servers.isEmpty: start.read(from: silentInput.read)
    case .plain: try preparing { () throws(Errno) in try start.addInput() }
    }
  }

  mutating func streams(
    _ id: InstanceID, _ execution: Execution, _ name: String, readyText: String?
  ) throws(SpawnFailure) -> Launch.Streams {
    let plan = try preparing { () throws(Errno) in
      try output.plan(for: id, execution.output, owner(of: id, name), readyText: readyText)
    }
    admit(execution.identity, to: plan)
    for stream in output.takeUnopened() { openAtLogger(stream) }
    startIfNeeded(.logger)
    var streams = Launch.Streams(
      input: nil, output: output.descriptor(plan.stdout), error: output.descriptor(plan.stderr))
    let numbers = output.numbers(of: id)
    if let channel = helpers[.logger].link.channel, !numbers.isEmpty {
      let beginning = output.beginning(of: numbers, pid: 0)
      streams.announcement = (channel, LoggerMessage.began(beginning).encoded)
    }
    return streams
  }

  /// What the child has said already, should the channel have been full for it.
  private mutating func announce(_ record: [UInt8], _ pid: Int32) {
    guard case .began(var beginning)? = LoggerMessage(record[...]) else { return }
    beginning.pid = pid
    tellLogger(.began(beginning))
  }

  /// A user who is not us may open its stdout by name, as the one may whom a container's runtime
  /// starts.
  private func admit(_ identity: Identity?, to plan: OutputPlan) {
    guard let identity, identity.user != ThisProcess.effectiveUser else { return }
    for case .inherited(let number) in [plan.stdout, plan.stderr] { admitWriters(number) }
  }

  private func owner(of id: InstanceID, _ label: String) -> StreamOwner {
    let member = fleet.plan.members[id.index]
    return StreamOwner(
      label: label, processName: member.processName, group: member.group,
      program: fleet.plan.node(of: id).name, number: member.number,
      stripsANSI: configuration.supervisor.stripANSI,
      isListener: fleet.plan.node(of: id).isListener, readers: logReaders(of: id),
      user: execution(of: id)?.identity?.user ?? ThisProcess.effectiveUser)
  }

  /// supervisord's log files can be read by every user; nil: as those.
  private func logReaders(of id: InstanceID) -> UInt32? {
    guard !isSupervisord else { return nil }
    let identity = execution(of: id)?.identity
    guard identity?.user ?? ThisProcess.effectiveUser != 0 else { return nil }
    return identity?.group ?? ThisProcess.effectiveGroup
  }

  func takeTerminalBack() {
    if let terminalOwner { giveTerminal(to: terminalOwner) }
  }
}

extension Readiness {
  fileprivate var logText: String? {
    guard case .log(let text) = self else { return nil }
    return text
  }
}

/// What the machine refuses us is a failed start of that program, never an end of ours.
private func preparing<Value>(_ acquire: () throws(Errno) -> Value) throws(SpawnFailure) -> Value {
  do { return try acquire() } catch {
    throw SpawnFailure(kind: .init(error), text: "cannot prepare its start: \(error.message)")
  }
}
