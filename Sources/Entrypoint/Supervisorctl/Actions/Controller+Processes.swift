internal import XMLRPC

/// `start`, `stop`, `restart`, `signal`, `clear`: what is done to processes.
extension Controller {
  mutating func changeProcesses(_ action: Action, _ rest: String) throws(CallProblem) {
    guard try isServerUp() else { return }
    var names = rest.words
    var signal: String?
    if action == .signal, names.count > 1 { signal = names.removeFirst() }
    guard !names.isEmpty, action != .signal || signal != nil else {
      return refuseLackOfNames(action)
    }
    guard action == .restart else { return try change(action, names, signal) }
    // All are stopped before the first is started.
    try change(.stop, names, nil)
    try change(.start, names, nil)
  }

  private mutating func refuseLackOfNames(_ action: Action) {
    let wanted = action == .signal ? "a signal name and a process name" : "a process name"
    fail(
      "Error: \(action.rawValue) requires \(wanted)\n\(action.help)".withoutLineEnd,
      action == .start ? Code.invalidArguments : Code.generic)
  }

  private mutating func change(
    _ action: Action, _ names: [String], _ signal: String?
  ) throws(CallProblem) {
    if names.contains("all") {
      return try report(try results(action, nil, signal), action)
    }
    for name in names.map(ProcessName.init) {
      if name.process == nil {
        try changeGroup(action, name, signal)
      } else {
        try changeOne(action, name, signal)
      }
    }
  }

  private mutating func changeGroup(
    _ action: Action, _ name: ProcessName, _ signal: String?
  ) throws(CallProblem) {
    do {
      let results =
        action == .clear ? try clear(group: name.group) : try results(action, name, signal)
      try report(results, action)
    } catch {
      guard error.faultCode == FaultCode.badName else { throw error }
      fail(
        "\(name.group): ERROR (no such group)",
        action == .start ? Code.invalidArguments : Code.generic)
    }
  }

  private mutating func changeOne(
    _ action: Action, _ name: ProcessName, _ signal: String?
  ) throws(CallProblem) {
    let method = action == .clear ? "clearProcessLogs" : "\(action.rawValue)Process"
    var result = ProcessResult(name, status: FaultCode.success, description: "")
    do { _ = try connection.call(method, Self.parameters(name.text, signal)) } catch {
      guard case .fault(let fault) = error else { throw error }
      result = ProcessResult(name, status: fault.code, description: fault.text)
    }
    try report([result], action)
  }

  /// The methods are named alike: `startAllProcesses`, `stopProcessGroup`.
  private func results(
    _ action: Action, _ name: ProcessName?, _ signal: String?
  ) throws(CallProblem) -> [ProcessResult] {
    let scope = name == nil ? "AllProcesses" : "ProcessGroup"
    let method = action == .clear ? "clearAllProcessLogs" : action.rawValue + scope
    return try Self.results(
      in: try connection.call(method, Self.parameters(name?.group, signal)))
  }

  private static func parameters(_ name: String?, _ signal: String?) -> [XMLRPCValue] {
    [name, signal].compactMap { $0 }.map { .string($0) }
  }

  static func results(in answer: XMLRPCValue) throws(CallProblem) -> [ProcessResult] {
    guard let elements = answer.elements else { throw .unexpected }
    var results: [ProcessResult] = []
    for element in elements { results.append(try ProcessResult(element)) }
    return results
  }

  /// The server has no method for the logs of a group. supervisorctl asks it for a process named
  /// None and fails; here each process of the group is cleared.
  private func clear(group: String) throws(CallProblem) -> [ProcessResult] {
    let members = try connection.processes().filter { $0.group == group }
    guard !members.isEmpty else { throw .fault(.init(code: FaultCode.badName, text: "BAD_NAME")) }
    var results: [ProcessResult] = []
    for member in members {
      let name = ProcessName("\(group):\(member.name)")
      do {
        _ = try connection.call("clearProcessLogs", about: name.text)
        results.append(ProcessResult(name, status: FaultCode.success, description: ""))
      } catch {
        guard case .fault(let fault) = error else { throw error }
        results.append(ProcessResult(name, status: fault.code, description: fault.text))
      }
    }
    return results
  }

  private mutating func report(_ results: [ProcessResult], _ action: Action) throws(CallProblem) {
    for result in results {
      guard let outcome = result.outcome(of: action) else {
        let name = ProcessName.joined(group: result.group, process: result.name)
        throw .unknownCode(result.status, name: name)
      }
      if let code = outcome.code { fail(outcome.line, code) } else { say(outcome.line) }
    }
  }
}
