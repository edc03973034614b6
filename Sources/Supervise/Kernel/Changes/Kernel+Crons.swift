internal import ProgramSpec
internal import SuperviseCore

/// Crons that come, go or change at somebody's wish. supervisord has none, so that only our own
/// `update` asks for it.
extension Kernel {
  /// As the configuration that was last read has it, if it has it. Only one that does not run.
  mutating func update(cron name: String) -> [UInt8] {
    guard fleet.phase == .up else { return AnswerRenderer.fault("SHUTDOWN_STATE") }
    let wanted = configuration.adding(cron: name, from: available)
    let places = fleet.places(ofCron: name)
    guard fleet.plan.foreground == nil, wanted != nil || !places.isEmpty else {
      return AnswerRenderer.fault("BAD_NAME", name)
    }
    guard !places.contains(where: fleet.isBusyCron) else {
      return AnswerRenderer.fault("STILL_RUNNING", name)
    }
    if !places.isEmpty {
      change(to: configuration.removing(cron: name), .cron(.removed(name)))
      for id in places { forget(id) }
    }
    if let wanted { change(to: wanted, .cron(.added(name))) }
    return AnswerRenderer.accepted
  }
}
