internal import ControlProtocol
internal import HTTP

/// `/healthz` and `/readyz`, for whoever decides whether this container lives and gets traffic:
/// 200 or 503, and the names of what ails or is waited for. Orchestrators have no password, so
/// anybody may ask: nothing is told that a probe or a program has said.
struct HealthErrand: ErrandCourse {
  private enum Kind { case health, readiness }

  private let kind: Kind

  init?(path: String) {
    switch path {
    case "/healthz": kind = .health
    case "/readyz": kind = .readiness
    default: return nil
    }
  }

  /// Whether this needs no password. It is of no use to anybody but in this form.
  static func isOpen(to head: HTTPRequestHead) -> Bool {
    guard head.method == "GET" || head.method == "HEAD", head.contentLength == 0 else {
      return false
    }
    return HealthErrand(path: head.path) != nil
  }

  func start() -> Progress { .ask("health") }

  func take(_ answer: ControlAnswer) -> Progress {
    guard answer.fault == nil, let line = answer.lines.first else {
      return .reply(.json(.unavailable, .problem(.unavailable)))
    }
    let word = kind == .health ? "healthy" : "ready"
    let isSo = line[word]?.isTrue == true
    var fields: [String: JSONValue] = [word: .bool(isSo), "phase": line["phase"] ?? .null]
    switch kind {
    case .health: fields["ailing"] = .array(HealthErrand.ailing(line))
    case .readiness: fields["awaited"] = line["awaited"] ?? .array([])
    }
    return .reply(.json(isSo ? .ok : .unavailable, .object(fields)))
  }

  private static func ailing(_ line: JSONValue) -> [JSONValue] {
    (line["units"]?.elements ?? []).filter { $0["healthy"]?.isTrue != true }.map { unit in
      let shown = ["name", "state", "ready"]
      return .object(
        shown.reduce(into: [:]) { fields, name in fields[name] = unit[name] ?? .null })
    }
  }
}

extension JSONValue {
  /// `{"error":"Not Found"}`, and where there is more to say a message.
  static func problem(_ status: HTTPStatus, _ message: String? = nil) -> JSONValue {
    var fields: [String: JSONValue] = ["error": .string(status.reason)]
    if let message { fields["message"] = .string(message) }
    return .object(fields)
  }
}
