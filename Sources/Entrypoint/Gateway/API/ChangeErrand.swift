internal import ControlProtocol
internal import HTTP

/// Something that is to be done to a unit: a line or two for PID 1, and what came of each process.
struct ChangeErrand: ErrandCourse {
  enum Action: String { case start, stop, restart, roll, signal, scale }

  private var lines: [String]
  /// What is not running is stopped already, as far as a restart is concerned.
  private let forgivesNotRunning: Bool
  private var results: [JSONValue] = []
  private var problems: [ControlFault] = []

  init(
    _ action: Action, _ name: String, _ query: String, _ body: [UInt8]
  ) throws(APIRequest.Refusal) {
    forgivesNotRunning = action == .restart
    let wait = URLText.query(query).last { $0.name == "wait" }?.value ?? "true"
    guard ["true", "false"].contains(wait) else {
      throw .init(.badRequest, "wait is true or false")
    }
    let suffix = wait == "true" ? "" : "nowait"
    switch action {
    case .start: lines = ["start\(suffix) \(name)"]
    case .stop: lines = ["stop\(suffix) \(name)"]
    case .restart: lines = ["stop \(name)", "start\(suffix) \(name)"]
    case .roll: lines = ["roll \(name)"]
    case .signal: lines = ["signal \(try ChangeErrand.signal(body)) \(name)"]
    case .scale: lines = ["scale \(name) \(try ChangeErrand.count(body))"]
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
  mutating func start() -> Progress {
    guard !lines.isEmpty else { return .reply(reply) }
    return .ask("native \(lines.removeFirst())")
  }

  mutating func take(_ answer: ControlAnswer) -> Progress {
    guard answer.isComplete else {
      return .reply(.json(.unavailable, .problem(.unavailable, "no answer")))
    }
    for line in answer.lines { note(line) }
    let isOver = problems.contains { $0.kind == .badName || $0.kind == .shutdownState }
    if isOver { lines = [] }
    return start()
  }

  private mutating func note(_ line: JSONValue) {
    if let fault = ControlFault(line) {
      if fault.kind == .notRunning, forgivesNotRunning, !lines.isEmpty { return }
      problems.append(fault)
    }
    results.append(line)
  }

  private var reply: Reply {
    let list = JSONValue.array(results)
    guard let first = problems.first else { return .json(.ok, .object(["results": list])) }
    let status = first.status
    return .json(
      status, .object(["error": .string(status.reason), "results": list]))
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
