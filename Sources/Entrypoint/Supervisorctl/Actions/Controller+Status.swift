internal import XMLRPC

/// `status`, `pid`, `version`, `avail`: what only looks.
extension Controller {
  mutating func status(_ rest: String) throws(CallProblem) {
    guard try isServerUp() else {
      // Whatever is wrong, nothing is known about the programs.
      exitStatus = Code.unknownStatus
      return
    }
    let all = try connection.processes()
    let names = rest.words
    if names.isEmpty || names.contains("all") { return show(all) }
    var matching: [ProcessInfo] = []
    for name in names.map(ProcessName.init) {
      let found = all.filter {
        $0.group == name.group && (name.process == nil || $0.name == name.process)
      }
      matching += found
      guard found.isEmpty else { continue }
      let missing =
        name.process == nil
        ? "\(name.group): ERROR (no such group)" : "\(name.text): ERROR (no such process)"
      fail(missing, Code.unknownStatus)
    }
    show(matching)
  }

  private mutating func show(_ processes: [ProcessInfo]) {
    let widest = processes.map(\.fullName.unicodeScalars.count).max() ?? 0
    let width = max(30, widest) + 3
    for process in processes {
      let name = process.fullName.padded(to: width)
      say("\(name)\(process.stateName.padded(to: 10))\(process.description)")
      if ProcessInfo.ended.contains(process.state) { exitStatus = Code.somethingStopped }
    }
  }

  mutating func pid(_ rest: String) throws(CallProblem) {
    guard try isServerUp() else { return }
    let names = rest.words
    if names.isEmpty {
      return say(try connection.call("getPID").pythonText)
    }
    if names.contains("all") {
      for process in try connection.processes() { say("\(process.pid)") }
      return
    }
    for name in names { try pid(of: name) }
  }

  private mutating func pid(of name: String) throws(CallProblem) {
    do {
      let process = try ProcessInfo(try connection.call("getProcessInfo", about: name))
      say("\(process.pid)")
      if process.pid == 0 { exitStatus = Code.notRunning }
    } catch {
      guard error.faultCode == FaultCode.badName else { throw error }
      fail("No such process \(name)")
    }
  }

  mutating func version(_ rest: String) throws(CallProblem) {
    guard refuseArguments(.version, rest) else { return }
    guard try isServerUp() else { return }
    say(try connection.call("getSupervisorVersion").pythonText)
  }

  mutating func avail(_ rest: String) throws(CallProblem) {
    guard refuseArguments(.avail, rest) else { return }
    do throws(CallProblem) {
      guard let elements = try connection.call("getAllConfigInfo").elements else {
        throw .unexpected
      }
      for element in elements { try showConfiguration(element) }
    } catch {
      guard error.faultCode == FaultCode.shutdownState else { throw error }
      fail("ERROR: supervisor shutting down")
    }
  }

  private func showConfiguration(_ value: XMLRPCValue) throws(CallProblem) {
    guard let name = value["name"]?.text, let group = value["group"]?.text else {
      throw .unexpected
    }
    let fullName = ProcessName.joined(group: group, process: name).padded(to: 32)
    let use = (value["inuse"]?.isTrue == true ? "in use" : "avail").padded(to: 9)
    let start = (value["autostart"]?.isTrue == true ? "auto" : "manual").padded(to: 9)
    let groupPriority = value["group_prio"]?.pythonText ?? ""
    let processPriority = value["process_prio"]?.pythonText ?? ""
    say("\(fullName) \(use) \(start) \(groupPriority):\(processPriority)")
  }

  /// False, having said so, where an action that takes none has been given some.
  mutating func refuseArguments(_ action: Action, _ rest: String) -> Bool {
    guard !rest.isEmpty else { return true }
    fail("Error: \(action.rawValue) accepts no arguments\n\(action.help)".withoutLineEnd)
    return false
  }
}

extension XMLRPCValue {
  /// As Python tests it: also 1 for true.
  fileprivate var isTrue: Bool { boolean ?? (integer.map { $0 != 0 } ?? false) }
}

extension String {
  var withoutLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
