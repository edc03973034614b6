internal import ProgramSpec
internal import SuperviseCore

/// `scale NAME N`: processes of a program come and go, the others of its processes do not notice.
extension Kernel {
  /// One that waits for the processes that are too many to be down.
  struct PendingScaling {
    var scaling: Scaling
    var client: ConfigurationTrial.Client
    var read: Configuration
    /// That many are to go.
    var surplus: [InstanceID]
  }

  mutating func scale(_ program: String, to count: Int, _ index: Int) {
    guard fleet.phase == .up else { return send(AnswerRenderer.fault("SHUTDOWN_STATE"), index) }
    guard fleet.plan.foreground == nil, let section = section(of: program) else {
      return send(AnswerRenderer.fault("BAD_NAME", program), index)
    }
    guard !isBeingScaled(program) else {
      return send(AnswerRenderer.fault("STILL_RUNNING", program), index)
    }
    let scaling = Scaling(program: program, section: section, count: count)
    tryConfiguration(.scale(clients[index].identity, scaling))
  }

  /// From the reading of its configuration on: two at once would each take the other's processes
  /// for its own.
  private func isBeingScaled(_ program: String) -> Bool {
    scalings.contains { $0.scaling.program == program }
      || trials.contains { $0.purpose.program == program }
  }

  private func section(of program: String) -> String? {
    for unit in configuration.units where unit.name == program {
      guard case .program(let program) = unit.work else { continue }
      return switch program.kind {
      case .plain: "program:\(unit.name)"
      case .fastCGI: "fcgi-program:\(unit.name)"
      case .eventListener: "eventlistener:\(unit.name)"
      }
    }
    return nil
  }

  /// The configuration with that number is sound: what is too much is stopped first.
  mutating func begin(
    _ scaling: Scaling, _ read: Configuration, for client: ConfigurationTrial.Client
  ) {
    guard let scaled = configuration.scaling(program: scaling.program, as: read) else {
      return send(AnswerRenderer.fault("BAD_NAME", scaling.program), to: client)
    }
    let plan = Plan(scaled, over: fleet.plan)
    let surplus = fleet.plan.members.indices.filter {
      !fleet.plan.members[$0].isVacant && plan.members[$0].isVacant
    }
    scalings.append(
      PendingScaling(
        scaling: scaling, client: client, read: read, surplus: surplus.map(InstanceID.init)))
    guard !surplus.isEmpty else { return }
    let names = surplus.map { fleet.plan.members[$0].fullName }
    deliver(.asked(AskID(0), .stop(names)))
  }

  /// Between two events: those whose surplus is down are brought to their end.
  mutating func finishScalings() {
    for index in scalings.indices.reversed() {
      let pending = scalings[index]
      guard fleet.phase == .up else {
        scalings.remove(at: index)
        send(AnswerRenderer.fault("SHUTDOWN_STATE"), to: pending.client)
        continue
      }
      if let id = fleet.unsignalled(pending.surplus) {
        scalings.remove(at: index)
        let reason = "\(name(of: id)) cannot be signalled"
        send(AnswerRenderer.fault("FAILED", reason), to: pending.client)
        continue
      }
      guard fleet.areDown(pending.surplus) else { continue }
      scalings.remove(at: index)
      finish(pending)
    }
  }

  private mutating func finish(_ pending: PendingScaling) {
    let (program, count) = (pending.scaling.program, pending.scaling.count)
    guard let whole = configuration.scaling(program: program, as: pending.read) else {
      return send(AnswerRenderer.fault("BAD_NAME", program), to: pending.client)
    }
    source = source?.scaling(section: pending.scaling.section, to: count)
    available = available.scaling(program: program, as: pending.read) ?? available
    let known = fleet.plan
    if let origin = clients.first(where: { $0.identity == pending.client })?.origin {
      publish(.changed(ClientChange(.scale(count), [program], by: origin)))
    }
    change(to: whole, [.scaled(program, count)])
    makeAutomaticLogs(known.filled(by: fleet.plan))
    send(AnswerRenderer.accepted, to: pending.client)
  }
}

extension Plan.Member {
  /// With its group, whatever its own name: what no other process can be meant by.
  fileprivate var fullName: String { "\(group):\(processName)" }
}
