internal import ControlProtocol
internal import XMLRPC

/// What PID 1's answers mean for a call.
struct AnswerReading {
  enum Kind {
    case constant(XMLRPCValue)
    /// Of the state, one member or several.
    case member(String)
    case members([String])
    /// true, or a fault.
    case acceptance
    /// The same, of PID 1's state first: what is under way already is refused.
    case ending
    /// The same for one process; silence means that what is called so is none.
    case outcome
    /// One structure a process: `name`, `group`, `status`, `description`.
    case outcomes
    case processInfo
    case processInfos
    case configInfos
    /// What a new configuration would add, change and remove.
    case changes
    case read(offset: Int, length: Int)
    case tail(offset: Int, length: Int)
    /// The list of all processes first, then each one's logs.
    case clearing
  }

  private let kind: Kind
  /// What faults name, as the caller has said it.
  private let naming: String?
  private let signal: String?
  private var value = XMLRPCValue.boolean(true)
  private var hasList = false
  /// Which the value is about, where it is too long to be in it.
  private(set) var excerpt: LogExcerpt?

  init(_ kind: Kind, naming: String? = nil, signal: String? = nil) {
    self.kind = kind
    self.naming = naming
    self.signal = signal
  }

  /// Once everything has been asked.
  var result: Result<XMLRPCValue, XMLRPCFault> { .success(value) }

  /// Lines to be asked further; throws what the call fails with.
  mutating func take(_ answer: ControlAnswer) throws(XMLRPCFault) -> [String] {
    if case .clearing = kind { return try clear(answer) }
    if let fault = answer.fault, endsCall(fault) { throw text(fault, of: naming) }
    value = try value(of: answer)
    return []
  }

  /// Whether it is about the call, rather than about one of several processes.
  private func endsCall(_ fault: ControlFault) -> Bool {
    switch kind {
    case .outcomes: fault.name == nil || fault.isGroup || fault.kind == .shutdownState
    case .tail: fault.kind != .noFile
    default: true
    }
  }

  private mutating func value(of answer: ControlAnswer) throws(XMLRPCFault) -> XMLRPCValue {
    switch kind {
    case .constant(let value): return try state(answer).isUp ? value : shuttingDown()
    case .member(let name):
      return XMLRPCValue(try state(answer).value(name))
    case .members(let names):
      let state = try state(answer)
      return .structure(names.map { .init($0, XMLRPCValue(state.value($0))) })
    case .acceptance, .clearing: return .boolean(true)
    case .ending:
      if answer.lines.first?["statecode"] != nil { _ = try state(answer) }
      return .boolean(true)
    case .outcome:
      guard !answer.lines.isEmpty else { throw FaultKind.badName.fault(naming) }
      return .boolean(true)
    case .outcomes: return .array(answer.lines.map(outcome))
    case .processInfo:
      guard let line = answer.lines.first else { throw FaultKind.badName.fault(naming) }
      return .processInfo(line)
    case .processInfos: return .array(answer.lines.map(XMLRPCValue.processInfo))
    case .configInfos: return .array(answer.lines.map { XMLRPCValue($0, null: .string("none")) })
    case .changes: return changes(answer)
    case .read(let offset, let length):
      guard let log = answer.descriptor else { throw FaultKind.noFile.fault() }
      return keep(try LogText.read(log, offset, length))
    case .tail(let offset, let length):
      return keep(LogText.tail(answer.descriptor, offset, length))
    }
  }

  private mutating func keep(_ excerpt: LogExcerpt) -> XMLRPCValue {
    guard excerpt.isLong else { return excerpt.value(excerpt.text) }
    self.excerpt = excerpt
    return excerpt.value("")
  }

  private func shuttingDown() throws(XMLRPCFault) -> XMLRPCValue {
    throw FaultKind.shutdownState.fault()
  }

  private func state(_ answer: ControlAnswer) throws(XMLRPCFault) -> DaemonState {
    guard let line = answer.lines.first else { throw FaultKind.failed.fault("no state") }
    let state = DaemonState(line: line)
    guard state.isUp else { throw FaultKind.shutdownState.fault() }
    return state
  }

  private func changes(_ answer: ControlAnswer) -> XMLRPCValue {
    let lists = ["added", "changed", "removed"].map { name in
      XMLRPCValue.array((answer.lines.first?[name]?.elements ?? []).map { XMLRPCValue($0) })
    }
    return .array([.array(lists)])
  }

  /// `{"name":"group:cat","result":"started"}`, or the same with a fault.
  private func outcome(_ line: JSONValue) -> XMLRPCValue {
    let shown = line["name"]?.text ?? ""
    let parts = partsOfName(shown)
    let fault = ControlFault(line).map { text($0, of: shown) }
    return .structure([
      .init("name", .string(parts.process)), .init("group", .string(parts.group)),
      .init("status", .integer(fault?.code ?? FaultKind.success.code)),
      .init("description", .string(fault?.text ?? "OK")),
    ])
  }

  private func text(_ fault: ControlFault, of name: String?) -> XMLRPCFault {
    switch fault.kind {
    case .shutdownState, .badArguments: fault.kind.fault(fault.message)
    case .badSignal: fault.kind.fault(fault.message ?? signal)
    case .noFile where isAboutLog: fault.kind.fault(fault.message)
    // As the caller has named it, rather than as we have asked for it.
    case .badName, .notRunning: fault.kind.fault(name ?? fault.message)
    default: fault.kind.fault(fault.message ?? name)
    }
  }

  private var isAboutLog: Bool {
    switch kind {
    case .read, .tail: true
    default: naming == nil
    }
  }

  private mutating func clear(_ answer: ControlAnswer) throws(XMLRPCFault) -> [String] {
    guard hasList else {
      if let fault = answer.fault { throw text(fault, of: nil) }
      hasList = true
      value = .array([])
      return answer.lines.compactMap { line in
        let word = "\(line["group"]?.text ?? ""):\(line["name"]?.text ?? "")"
        return Namespec(word).word.map { "clearlog \($0)" }
      }
    }
    if let fault = answer.fault, fault.kind == .shutdownState || !answer.isComplete {
      throw text(fault, of: nil)
    }
    value = .array((value.elements ?? []) + answer.lines.prefix(1).map(outcome))
    return []
  }
}

/// PID 1's answer to `state`.
struct DaemonState {
  let line: JSONValue

  /// 1 is RUNNING and 2 FATAL; below are RESTARTING and SHUTDOWN.
  var isUp: Bool { (line["statecode"]?.integer ?? 0) >= 1 }

  func value(_ name: String) -> JSONValue { line[name] ?? .string("") }
}
