internal import ControlProtocol
internal import HTTP

/// `/api/v1/status`, `/api/v1/units/NAME` and `/api/v1/journal`: what PID 1 tells its own command.
struct StatusErrand: ErrandCourse {
  enum Subject {
    case all
    case unit(String)
    case journal
  }

  private let subject: Subject
  /// Of `health`, which comes first.
  private var health: JSONValue?

  init(_ subject: Subject) { self.subject = subject }

  func start() -> Progress {
    switch subject {
    case .all: .ask("health")
    case .unit: .ask("status")
    case .journal: .ask("journal")
    }
  }

  mutating func take(_ answer: ControlAnswer) -> Progress {
    guard answer.fault == nil else {
      return .reply(.json(.unavailable, .problem(.unavailable, "no answer")))
    }
    switch subject {
    case .journal: return .reply(.json(.ok, .object(["journal": .array(answer.lines)])))
    case .unit(let name): return .reply(unit(name, answer.lines))
    case .all:
      guard let health else {
        health = answer.lines.first ?? .null
        return .ask("status")
      }
      return .reply(all(health, answer.lines))
    }
  }

  private func unit(_ name: String, _ lines: [JSONValue]) -> Reply {
    guard let line = lines.first(where: { $0["name"]?.text == name }) else {
      return .json(.notFound, .problem(.notFound, "no such unit"))
    }
    return .json(.ok, line)
  }

  private func all(_ health: JSONValue, _ lines: [JSONValue]) -> Reply {
    var fields: [String: JSONValue] = ["units": .array(lines)]
    for name in ["healthy", "ready", "phase"] { fields[name] = health[name] ?? .null }
    return .json(.ok, .object(fields))
  }
}
