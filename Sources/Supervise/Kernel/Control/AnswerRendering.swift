internal import ProgramSpec
internal import SuperviseCore

/// Answers as JSON lines.
enum AnswerRenderer {
  /// `reason` is told along with a fault.
  static func line(_ answer: Answer, _ plan: Plan, because reason: String? = nil) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    switch answer {
    case .started(let id): result("started", id, plan, &json)
    case .stopped(let id): result("stopped", id, plan, &json)
    case .restarting(let id): result("restarting", id, plan, &json)
    case .signalled(let id): result("signalled", id, plan, &json)
    case .fault(let name, let fault, let isGroup):
      json.field("name", name)
      json.field("fault", fault.name)
      if let reason { json.field("message", reason) }
      if isGroup { json.field("group", true) }
    case .ready: json.field("ready", true)
    case .neverReady(let reason):
      json.field("ready", false)
      json.field("reason", reason)
    case .accepted: json.field("result", "ok")
    case .end: json.field("end", true)
    }
    json.endObject()
    json.newline()
    return json.bytes
  }

  /// A fault that is about nobody in particular, or about what was asked for as a whole.
  static func fault(_ name: String, _ message: String? = nil) -> [UInt8] {
    object { json in
      json.field("fault", name)
      if let message { json.field("message", message) }
    }
  }

  static func changes(from active: Configuration, to read: Configuration) -> [UInt8] {
    object { json in
      describe(Changes.ofGroups(from: active, to: read), &json)
      json.key("steps")
      json.beginObject()
      describe(Changes.ofSteps(from: active, to: read), &json)
      json.endObject()
      json.key("crons")
      json.beginObject()
      describe(Changes.ofCrons(from: active, to: read), &json)
      json.endObject()
    }
  }

  private static func describe(_ changes: Changes, _ json: inout JSONWriter) {
    json.field("added", changes.added)
    json.field("changed", changes.changed)
    json.field("removed", changes.removed)
  }

  static let accepted: [UInt8] = object { $0.field("result", "ok") }

  /// One line.
  static func object(_ fill: (inout JSONWriter) -> Void) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    fill(&json)
    json.endObject()
    json.newline()
    return json.bytes
  }

  static func refusal(_ message: String) -> [UInt8] { object { $0.field("error", message) } }

  private static func result(
    _ word: String, _ id: InstanceID, _ plan: Plan, _ json: inout JSONWriter
  ) {
    json.field("name", plan.members[id.index].displayName)
    json.field("result", word)
  }
}

extension Fault {
  /// As supervisord's XML-RPC names it.
  var name: String {
    switch self {
    case .shutdownState: "SHUTDOWN_STATE"
    case .badName: "BAD_NAME"
    case .badSignal: "BAD_SIGNAL"
    case .noFile: "NO_FILE"
    case .notExecutable: "NOT_EXECUTABLE"
    case .failed: "FAILED"
    case .abnormalTermination: "ABNORMAL_TERMINATION"
    case .spawnError: "SPAWN_ERROR"
    case .alreadyStarted: "ALREADY_STARTED"
    case .notRunning: "NOT_RUNNING"
    }
  }
}
