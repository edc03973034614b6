internal import XMLRPC

/// What a person calls a process: `group:name`, `group:*`, or the name alone where the group has
/// the same.
struct ProcessName: Equatable {
  let text: String
  let group: String
  /// nil: the whole group.
  let process: String?

  init(_ text: String) {
    self.text = text
    let parts = text.utf8.split(
      separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false
    ).map { String(decoding: Array($0), as: UTF8.self) }
    group = parts[0]
    let name = parts.count > 1 ? parts[1] : parts[0]
    process = parts.count > 1 && (name.isEmpty || name == "*") ? nil : name
  }

  static func joined(group: String, process: String) -> String {
    group == process ? process : "\(group):\(process)"
  }
}

/// What the server says of a process, as far as it is shown.
struct ProcessInfo {
  let name: String
  let group: String
  let state: Int
  let stateName: String
  let description: String
  let pid: Int

  /// supervisord's ProcessStates; those that make `status` end with 3 are without a running child.
  static let running = 20
  static let ended: Set<Int> = [0, 100, 200, 1000]

  init(_ value: XMLRPCValue) throws(CallProblem) {
    guard let name = value["name"]?.text, let group = value["group"]?.text else {
      throw .unexpected
    }
    self.name = name
    self.group = group
    state = value["state"]?.integer ?? 1000
    stateName = value["statename"]?.text ?? ""
    description = value["description"]?.text ?? ""
    pid = value["pid"]?.integer ?? 0
  }

  var fullName: String { ProcessName.joined(group: group, process: name) }
}

extension SupervisorConnection {
  /// In the server's order.
  func processes() throws(CallProblem) -> [ProcessInfo] {
    guard let elements = try call("getAllProcessInfo").elements else { throw .unexpected }
    var processes: [ProcessInfo] = []
    for element in elements { processes.append(try ProcessInfo(element)) }
    return processes
  }
}
