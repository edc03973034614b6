internal import ProgramSpec
internal import SuperviseCore

/// How all is: for `healthcheck`, and for the gateway's `/healthz` and `/readyz`.
extension Kernel {
  /// Healthy: the start is complete, nothing ails, and no shutdown is under way. Ready: the same
  /// but for what has gone wrong since the start was complete.
  func health() -> [UInt8] {
    let programs = fleet.plan.groups.flatMap(\.members)
    let ailing = programs.filter { !isHealthy($0) }
    return AnswerRenderer.object { json in
      json.field("healthy", isUpAndHealthy)
      json.field("ready", fleet.isReady)
      json.field("phase", phaseName)
      json.field("awaited", fleet.awaited.map { fleet.plan.members[$0.index].displayName })
      json.key("units")
      json.beginArray()
      for id in programs { describe(id, isHealthy: !ailing.contains(id), &json) }
      json.endArray()
    }
  }

  private func describe(_ id: InstanceID, isHealthy: Bool, _ json: inout JSONWriter) {
    let snapshot = fleet.snapshot(of: id)
    json.beginObject()
    json.field("name", fleet.plan.members[id.index].displayName)
    json.field("state", snapshot.state.rawValue.uppercased())
    json.field("ready", snapshot.isReady)
    json.field("healthy", isHealthy)
    json.field("message", snapshot.isHealthy == false ? snapshot.healthWords : snapshot.spawnError)
    json.endObject()
  }

  var isUpAndHealthy: Bool {
    guard fleet.phase == .up, fleet.startedAt != nil else { return false }
    return fleet.plan.groups.allSatisfy { $0.members.allSatisfy { isHealthy($0) } }
  }

  /// A program that is not meant to run is not ill.
  private func isHealthy(_ id: InstanceID) -> Bool {
    let snapshot = fleet.snapshot(of: id)
    switch snapshot.state {
    case .running, .starting: return snapshot.isReady && snapshot.isHealthy != false
    // Nor is one that has come later and waits for its first start: what was there does not ail.
    case .stopped, .exited:
      return snapshot.waitsFor == nil || (fleet.startedAt != nil && snapshot.startedAt == nil)
    case .backoff, .fatal, .unknown, .stopping, .waiting, .ready, .retrying, .passed, .succeeded,
      .failed:
      return false
    }
  }

  var phaseName: String {
    switch fleet.phase {
    case .idle: "starting"
    case .up: fleet.startedAt == nil ? "starting" : "up"
    case .stopHooks, .stopping, .flushing, .sweeping, .finished: "shutting down"
    }
  }
}
