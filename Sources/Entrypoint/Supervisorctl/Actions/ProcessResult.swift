internal import XMLRPC

/// What became of one process, of several that an action was done to.
struct ProcessResult {
  let name: String
  let group: String
  let status: Int
  let description: String

  init(_ value: XMLRPCValue) throws(CallProblem) {
    guard let name = value["name"]?.text, let group = value["group"]?.text,
      let status = value["status"]?.integer
    else { throw .unexpected }
    self.name = name
    self.group = group
    self.status = status
    description = value["description"]?.text ?? ""
  }

  /// Of a call about a single process.
  init(_ name: ProcessName, status: Int, description: String) {
    group = name.group
    self.name = name.process ?? name.text
    self.status = status
    self.description = description
  }

  /// The line to print and the code to end with, if it sets one; nil for a status that the action
  /// has no word for.
  func outcome(of action: Action) -> (line: String, code: Int32?)? {
    let fullName = ProcessName.joined(group: group, process: name)
    if status == FaultCode.success { return ("\(fullName): \(action.pastTense)", nil) }
    if status == FaultCode.failed, action == .stop || action == .signal {
      return (description, Controller.Code.generic)
    }
    guard let reason = reason(action) else { return nil }
    return ("\(fullName): ERROR (\(reason))", code(action))
  }

  private func reason(_ action: Action) -> String? {
    switch (status, action) {
    case (FaultCode.badName, _): "no such process"
    case (FaultCode.noFile, .start): "no such file"
    case (FaultCode.notExecutable, .start): "file is not executable"
    case (FaultCode.alreadyStarted, .start): "already started"
    case (FaultCode.spawnError, .start): "spawn error"
    case (FaultCode.abnormalTermination, .start): "abnormal termination"
    case (FaultCode.badSignal, .stop), (FaultCode.badSignal, .signal): "bad signal name"
    case (FaultCode.notRunning, .stop), (FaultCode.notRunning, .signal): "not running"
    case (FaultCode.failed, .clear): "failed"
    default: nil
    }
  }

  /// What is as it should be already is no error.
  private func code(_ action: Action) -> Int32? {
    switch (status, action) {
    case (FaultCode.alreadyStarted, .start), (FaultCode.notRunning, .stop): nil
    case (FaultCode.spawnError, _), (FaultCode.abnormalTermination, _), (FaultCode.notRunning, _):
      Controller.Code.notRunning
    default: Controller.Code.generic
    }
  }
}

extension Action {
  fileprivate var pastTense: String {
    switch self {
    case .start: "started"
    case .stop: "stopped"
    case .signal: "signalled"
    default: "cleared"
    }
  }
}
