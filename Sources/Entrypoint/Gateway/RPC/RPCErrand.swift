internal import HTTP
internal import XMLRPC

/// A POST to /RPC2: one call, or a `system.multicall` of several, one after the other.
struct RPCErrand: ErrandCourse {
  private enum Step {
    case call(RemoteCall)
    case known(Result<XMLRPCValue, XMLRPCFault>)
  }

  private var batch: Batch?
  private var current: Step
  private let callWeight: Int
  /// One of the calls is of a method that changes something.
  let isChange: Bool

  var footprint: Int { callWeight + (batch?.weight ?? 0) }

  /// nil for what is no call at all.
  init?(_ body: [UInt8]) {
    guard let call = try? XMLRPCCall.parse(body), !call.method.isEmpty else { return nil }
    isChange = RPCErrand.methods(of: call).contains { Method.named($0)?.isChange == true }
    callWeight = call.parameters.reduce(0) { $0 + $1.weight }
    guard call.method == "system.multicall", call.parameters.count == 1,
      let calls = call.parameters[0].elements
    else {
      current = RPCErrand.step(call.method, call.parameters)
      return
    }
    guard let first = calls.first else {
      current = .known(.success(.array([])))
      return
    }
    batch = Batch(rest: calls.dropFirst())
    current = RPCErrand.step(item: first)
  }

  mutating func start() -> Progress {
    while true {
      switch current {
      case .call(var call):
        let progress = call.next()
        current = .call(call)
        if let asked = settle(progress) { return asked }
      case .known(let result):
        if let reply = finish(result) { return reply }
      }
    }
  }

  mutating func take(_ answer: ControlAnswer) -> Progress {
    guard case .call(var call) = current else { return start() }
    let progress = call.take(answer)
    current = .call(call)
    return settle(progress) ?? start()
  }

  private mutating func settle(_ progress: CallProgress) -> Progress? {
    switch progress {
    case .ask(let line): return .ask(line)
    case .done(let result):
      current = .known(result)
    case .excerpt(let excerpt):
      if batch == nil, let document = LogDocument(excerpt) { return .document(document) }
      current = .known(.failure(RPCErrand.tooLong))
    }
    return nil
  }

  /// Of several answers in one all have to be kept.
  private static let tooLong = FaultKind.failed.fault("the answers are too long for one")

  /// The reply to a single call, or to the last of several; nil: on to the next.
  private mutating func finish(_ result: Result<XMLRPCValue, XMLRPCFault>) -> Progress? {
    guard batch != nil else { return .reply(RPCErrand.reply(result)) }
    guard batch?.keep(result) == true else {
      return .reply(RPCErrand.reply(.failure(RPCErrand.tooLong)))
    }
    guard let next = batch?.rest.popFirst() else {
      return .reply(RPCErrand.reply(.success(.array(batch?.results ?? []))))
    }
    current = RPCErrand.step(item: next)
    return nil
  }

  private static func reply(_ result: Result<XMLRPCValue, XMLRPCFault>) -> Reply {
    let response: XMLRPCResponse =
      switch result {
      case .success(let value): .value(value)
      case .failure(let fault): .fault(fault)
      }
    return Reply(.ok, "text/xml", response.encoded)
  }
}

extension RPCErrand {
  /// The names of all methods that a call leads to.
  private static func methods(of call: XMLRPCCall) -> [String] {
    guard call.method == "system.multicall" else { return [call.method] }
    return (call.parameters.first?.elements ?? []).compactMap { $0["methodName"]?.text }
  }

  private static func step(item: XMLRPCValue) -> Step {
    guard let name = item["methodName"]?.text, !name.isEmpty else {
      return .known(.failure(FaultKind.incorrectParameters.fault("No methodName")))
    }
    if name == "system.multicall" {
      let words = "Recursive system.multicall forbidden"
      return .known(.failure(FaultKind.incorrectParameters.fault(words)))
    }
    guard let parameters = (item["params"] ?? .array([])).elements else {
      return .known(.failure(FaultKind.incorrectParameters.fault()))
    }
    return step(name, parameters)
  }

  private static func step(_ name: String, _ parameters: [XMLRPCValue]) -> Step {
    guard let method = Method.named(name) else {
      return .known(.failure(FaultKind.unknownMethod.fault()))
    }
    do throws(XMLRPCFault) {
      if let value = try system(method, parameters) { return .known(.success(value)) }
      return .call(try RemoteCall(method, parameters))
    } catch {
      return .known(.failure(error))
    }
  }

  /// What needs nobody else; nil for the others.
  private static func system(
    _ method: Method, _ parameters: [XMLRPCValue]
  ) throws(XMLRPCFault) -> XMLRPCValue? {
    guard method.name.hasPrefix("system.") else { return nil }
    guard method.takes(parameters.count), method.name != "system.multicall" else {
      throw FaultKind.incorrectParameters.fault()
    }
    if method.name == "system.listMethods" { return .array(Method.all.map { .string($0.name) }) }
    guard let asked = Method.named(try Arguments(parameters).text(0)) else {
      throw FaultKind.signatureUnsupported.fault()
    }
    guard method.name == "system.methodSignature" else { return .string(asked.help) }
    return .array(([asked.returns] + asked.parameters).map { .string($0) })
  }
}

/// The calls of a multicall that are still to be made, and what has come of the others.
private struct Batch {
  /// A hundred calls that read a log each must not make us keep a hundred logs.
  private static let mostWeight = 16 << 20
  var rest: ArraySlice<XMLRPCValue>
  private(set) var results: [XMLRPCValue] = []
  private(set) var weight = 0

  init(rest: ArraySlice<XMLRPCValue>) { self.rest = rest }

  /// False when it is too much. The bare value is kept, where the common convention wraps it in an
  /// array: clients of supervisord rely on that.
  mutating func keep(_ result: Result<XMLRPCValue, XMLRPCFault>) -> Bool {
    switch result {
    case .success(let value): results.append(value)
    case .failure(let fault): results.append(fault.value)
    }
    weight += results[results.count - 1].weight
    return weight <= Batch.mostWeight
  }
}

extension XMLRPCValue {
  /// About the bytes it takes; the smallest is a box of its own, in an array.
  fileprivate var weight: Int {
    switch self {
    case .string(let text), .dateTime(let text): 96 + text.utf8.count
    case .base64(let bytes): 96 + bytes.count
    case .array(let elements): elements.reduce(96) { $0 + $1.weight }
    case .structure(let members):
      members.reduce(96) { $0 + $1.name.utf8.count + $1.value.weight }
    case .integer, .boolean, .double, .null: 96
    }
  }
}
