internal import ProgramSpec
internal import SuperviseCore

/// Answers as JSON lines.
enum AnswerRenderer {
  static func line(_ answer: Answer, _ plan: Plan) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    switch answer {
    case .started(let id): result("started", id, plan, &json)
    case .stopped(let id): result("stopped", id, plan, &json)
    case .signalled(let id): result("signalled", id, plan, &json)
    case .fault(let name, let fault, let isGroup):
      json.field("name", name)
      json.field("fault", fault.name)
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

  static func refusal(_ message: String) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("error", message)
    json.endObject()
    json.newline()
    return json.bytes
  }

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
