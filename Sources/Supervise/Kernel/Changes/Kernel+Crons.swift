internal import ProgramSpec
internal import SuperviseCore

/// Crons and steps that come, go or change at somebody's wish. supervisord has neither, so that
/// only our own `update` asks for it.
extension Kernel {
  /// As the configuration that was last read has it, if it has it. Only one that does not run.
  mutating func update(cron name: String) -> [UInt8] {
    guard fleet.phase == .up else { return AnswerRenderer.fault("SHUTDOWN_STATE") }
    let places = fleet.places(ofCron: name)
    let addition = configuration.adding(cron: name, from: available, moment)
    guard fleet.plan.foreground == nil, addition != nil || !places.isEmpty else {
      return AnswerRenderer.fault("BAD_NAME", name)
    }
    let isInTheWay = configuration.units.contains { $0.isProgram && $0.name == name }
    guard !isInTheWay, !fleet.busyNames.contains(name), !places.contains(where: fleet.isBusyCron)
    else {
      return AnswerRenderer.fault("STILL_RUNNING", name)
    }
    if !places.isEmpty {
      change(to: configuration.removing(cron: name), [.cron(.removed(name))])
    }
    if let addition { take(addition, [.cron(.added(name))]) }
    return AnswerRenderer.accepted
  }

  /// All of them as the configuration that was last read has them; the names of those that run, and
  /// so stay as they are, are told.
  mutating func updateSteps() -> [UInt8] {
    guard fleet.phase == .up else { return AnswerRenderer.fault("SHUTDOWN_STATE") }
    guard fleet.plan.foreground == nil else { return AnswerRenderer.fault("BAD_NAME") }
    let busy = fleet.busyNames
    take(configuration.addingSteps(from: available, moment))
    return AnswerRenderer.object { json in
      json.field("result", "ok")
      json.field("busy", busy.sorted())
    }
  }
}
