internal import ControlProtocol
internal import HTTP

/// Something that is to be done to a unit: a line for PID 1, and what came of each process.
struct ChangeErrand: ErrandCourse {
  enum Action: String { case start, stop, restart, roll, signal, scale }

  private let line: String

  init(
    _ action: Action, _ name: String, _ query: String, _ body: [UInt8]
  ) throws(APIRequest.Refusal) {
    let wait = URLText.query(query).last { $0.name == "wait" }?.value ?? "true"
    guard ["true", "false"].contains(wait) else {
      throw .init(.badRequest, "wait is true or false")
    }
    let suffix = wait == "true" ? "" : "nowait"
    switch action {
    case .start, .stop, .restart: line = "\(action.rawValue)\(suffix) \(name)"
    case .roll: line = "roll \(name)"
    case .signal: line = "signal \(try ChangeErrand.signal(body)) \(name)"
    case .scale: line = "scale \(name) \(try ChangeErrand.count(body))"
    }
  }

  private static func field(
    _ name: String, _ body: [UInt8]
  ) throws(APIRequest.Refusal) -> JSONValue {
    do {
      if let value = try JSONValue.read(body[...])[name] { return value }
    } catch {
      throw .init(.badRequest, "line \(error.line), column \(error.column): \(error.reason)")
    }
    throw .init(.badRequest, "the body is an object with the field \(name)")
  }

  private static func signal(_ body: [UInt8]) throws(APIRequest.Refusal) -> String {
    let name = try field("signal", body).text ?? ""
    guard !name.isEmpty, name.utf8.count <= 16, name.utf8.allSatisfy({ $0.isLetter || $0.isDigit })
    else { throw .init(.badRequest, "signal is a name such as HUP, or reload") }
    return name
  }

  private static func count(_ body: [UInt8]) throws(APIRequest.Refusal) -> Int {
    guard let number = try field("count", body).double, let count = Int(exactly: number),
      (0...10_000).contains(count)
    else { throw .init(.badRequest, "count is a whole number from 0 to 10000") }
    return count
  }

  // MARK: Its course

  /// Beyond what supervisord's interface shows, this one knows crons.
  func start() -> Progress { .ask("native \(line)") }

  func take(_ answer: ControlAnswer) -> Progress {
    guard answer.isComplete else {
      return .reply(.json(.unavailable, .problem(.unavailable, "no answer")))
    }
    let list = JSONValue.array(answer.lines)
    guard let first = answer.lines.lazy.compactMap(ControlFault.init).first else {
      return .reply(.json(.ok, .object(["results": list])))
    }
    let status = first.status
    let error = JSONValue.string(status.reason)
    return .reply(.json(status, .object(["error": error, "results": list])))
  }
}

extension ControlFault {
  /// What was asked for is not there, makes no sense, or does not go with how things are.
  fileprivate var status: HTTPStatus {
    switch kind {
    case .badName: .notFound
    case .badSignal, .badArguments, .incorrectParameters: .badRequest
    case .shutdownState: .unavailable
    default: name == nil && kind == .failed ? .internalError : .conflict
    }
  }
}
