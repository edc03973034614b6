internal import ControlProtocol
internal import XMLRPC

extension XMLRPCValue {
  /// Members in the order of their names.
  init(_ json: JSONValue, null: XMLRPCValue = .string("")) {
    switch json {
    case .string(let text): self = .string(text)
    case .bool(let flag): self = .boolean(flag)
    case .number(let number):
      self = Int(exactly: number).map { .integer($0) } ?? .double(number)
    case .null: self = null
    case .array(let elements): self = .array(elements.map { XMLRPCValue($0, null: null) })
    case .object(let fields):
      let members = fields.sorted { $0.key < $1.key }
      self = .structure(members.map { Member($0.key, XMLRPCValue($0.value, null: null)) })
    }
  }

  /// Fields of getProcessInfo. Clients keep them in 32 bits, so that supervisord clamps the times.
  static func processInfo(_ line: JSONValue) -> XMLRPCValue {
    let names = [
      "name", "group", "start", "stop", "now", "state", "statename", "spawnerr", "exitstatus",
      "logfile", "stdout_logfile", "stderr_logfile", "pid", "description",
    ]
    return .structure(
      names.map { name in
        let value = XMLRPCValue(line[name] ?? .string(""))
        guard ["start", "stop", "now"].contains(name) else { return Member(name, value) }
        return Member(name, .integer(Int(Int32(clamping: value.integer ?? 0))))
      })
  }
}
