internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// Starting the process of an instance.
extension Kernel {
  /// The event that answers the core's wish.
  mutating func spawn(_ id: InstanceID) -> Event {
    let name = fleet.plan.members[id.index].displayName
    do {
      let launch = try launch(for: id)
      let streams = try streams(for: id, name)
      let report = try preparing { () throws(Errno) in
        try reports.report(Kernel.reportPlace(of: id))
      }
      defer { if let extra = streams.extra { closeDescriptor(extra.from) } }
      let pid: Int32
      do { pid = try launch.start(streams, report: report) } catch {
        started(streams, id, hasWorked: false)
        return .spawnFailed(id, SpawnFailure(spawning: error, name: name))
      }
      children.add(pid, .instance(id))
      measure(id)
      started(streams, id, hasWorked: true)
      if let record = streams.announcement?.record { announce(record, pid) }
      return .spawned(id, pid: pid)
    } catch {
      return .spawnFailed(id, error)
    }
  }

  /// The child's ends of its own pipes are its own alone.
  private mutating func started(_ streams: Launch.Streams, _ id: InstanceID, hasWorked: Bool) {
    if pendingListener != nil { return listenerStarted(streams, hasWorked: hasWorked) }
    guard inputs.pipe(id) != nil, let input = streams.input else { return }
    closeDescriptor(input)
    if !hasWorked { inputs.close(id) }
  }

  /// Looked up anew while it fails, kept once it is found.
  private mutating func launch(for id: InstanceID) throws(SpawnFailure) -> Launch {
    if let launch = launches[id] { return launch }
    let launch = Launch(try recipe(for: id).get())
    launches[id] = launch
    return launch
  }

  private mutating func recipe(for id: InstanceID) -> Result<Launch.Recipe, SpawnFailure> {
    guard let unit = fleet.plan.node(of: id).unit else {
      return .failure(SpawnFailure(kind: .other, text: "nothing to run"))
    }
    switch configuration.units[unit].work {
    case .program(let program):
      if program.readiness == .notify { openNotifySocket() }
      let process = program.processes[fleet.plan.members[id.index].number]
      return recipes.program(
        program, process, notifySocket: notifySocket?.path,
        isForeground: fleet.plan.foreground == id)
    case .hook(let hook): return recipes.hook(hook)
    case .cron(let cron): return recipes.cron(cron)
    case .directory(let step): return .success(recipes.directory(step))
    case .template(let step): return .success(recipes.template(step))
    case .wait: return .failure(SpawnFailure(kind: .other, text: "nothing to run"))
    }
  }

  private mutating func streams(
    for id: InstanceID, _ name: String
  ) throws(SpawnFailure) -> Launch.Streams {
    guard let unit = fleet.plan.node(of: id).unit else {
      return .init(input: 0, output: 1, error: 2)
    }
    if fleet.plan.foreground == id { return Launch.Streams(input: 0, output: 1, error: 2) }
    switch configuration.units[unit].work {
    case .program(let program):
      let process = program.processes[fleet.plan.members[id.index].number]
      var streams = try streams(
        id, process.execution, name, readyText: program.readiness.logText)
      streams = try input(of: id, program, streams)
      if case .descriptor(let number) = program.readiness {
        streams.extra = (try readinessPipe(for: id), number)
      }
      return streams
    case .hook(let hook): return try streams(id, hook.execution, name, readyText: nil)
    case .cron(let cron): return try streams(id, cron.execution, name, readyText: nil)
    case .wait, .directory, .template:
      return Launch.Streams(input: nil, output: 1, error: 2)
    }
  }

  /// What it reads from: a shared socket, the events role, whoever calls sendProcessStdin, or
  /// nobody.
  private mutating func input(
    of id: InstanceID, _ program: Program, _ given: Launch.Streams
  ) throws(SpawnFailure) -> Launch.Streams {
    var streams = given
    let section = fleet.plan.node(of: id).name
    switch program.kind {
    case .fastCGI(let socket):
      do { streams.input = try sharedSockets.descriptor(section, socket) } catch {
        throw SpawnFailure(
          kind: .other, text: "Could not create FastCGI socket \(socket.text): \(error.name)")
      }
    case .eventListener:
      streams = try preparing { () throws(Errno) in try listenerStreams(id, given) }
    case .plain where servers.isEmpty: streams.input = silentInput.read
    case .plain: streams.input = try preparing { () throws(Errno) in try inputPipe(for: id) }
    }
    return streams
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
      stripsANSI: configuration.supervisor.stripANSI)
  }

  /// The write end, for the program; the read end is watched.
  private mutating func readinessPipe(for id: InstanceID) throws(SpawnFailure) -> Int32 {
    try preparing { () throws(Errno) -> Int32 in
      let pipe = try makePipe()
      do throws(Errno) { try watch(pipe.read, .readiness(id, pipe.read)) } catch {
        closeDescriptor(pipe.read)
        closeDescriptor(pipe.write)
        throw error
      }
      return pipe.write
    }
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
    throw SpawnFailure(kind: .other, text: "cannot prepare its start: \(error.message)")
  }
}
