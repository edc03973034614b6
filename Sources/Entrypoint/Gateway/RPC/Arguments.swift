internal import XMLRPC

/// The parameters of a call, taken by place and kind. What is of the wrong kind is a fault of the
/// caller's, never an error of ours.
struct Arguments {
  private let values: [XMLRPCValue]

  init(_ values: [XMLRPCValue]) { self.values = values }

  private subscript(_ place: Int) -> XMLRPCValue? {
    place < values.count ? values[place] : nil
  }

  func text(_ place: Int) throws(XMLRPCFault) -> String {
    guard let text = self[place]?.text else { throw FaultKind.incorrectParameters.fault() }
    return text
  }

  /// Of a process; `group:*` only where that is allowed.
  func name(_ place: Int, orGroup: Bool = false) throws(XMLRPCFault) -> Namespec {
    let name = Namespec(try text(place))
    guard name.word != nil, orGroup || !name.isGroup else {
      throw FaultKind.badName.fault(name.given)
    }
    return name
  }

  /// Of a group.
  func group(_ place: Int) throws(XMLRPCFault) -> Namespec {
    let group = try textOrNumber(place)
    guard Namespec(group: group).word != nil, !group.utf8.contains(UInt8(ascii: ":")) else {
      throw FaultKind.badName.fault(group)
    }
    return Namespec(group: group)
  }

  func integer(_ place: Int) throws(XMLRPCFault) -> Int {
    switch self[place] {
    case .integer(let number): return number
    case .boolean(let flag): return flag ? 1 : 0
    default: throw FaultKind.incorrectParameters.fault()
    }
  }

  /// Whether to wait: yes unless it says no, by whatever Python takes for that.
  func waits(_ place: Int) -> Bool {
    switch self[place] {
    case nil: true
    case .boolean(let flag): flag
    case .integer(let number): number != 0
    case .double(let number): number != 0
    case .string(let text): !text.isEmpty
    case .array(let elements): !elements.isEmpty
    case .structure(let members): !members.isEmpty
    case .base64(let bytes): !bytes.isEmpty
    case .dateTime: true
    case .null: false
    }
  }

  /// Text, or a number for its digits, as supervisord's own `str` has it.
  func textOrNumber(_ place: Int) throws(XMLRPCFault) -> String {
    switch self[place] {
    case .string(let text): return text
    case .integer(let number): return "\(number)"
    case .boolean(let flag): return flag ? "True" : "False"
    case .double(let number): return "\(number)"
    case .base64(let bytes): return String(decoding: bytes, as: UTF8.self)
    default: throw FaultKind.incorrectParameters.fault()
    }
  }

  /// What is to be written to a process: text, or, beyond supervisord, any bytes.
  func bytes(_ place: Int) throws(XMLRPCFault) -> [UInt8] {
    switch self[place] {
    case .string(let text): return Array(text.utf8)
    case .base64(let bytes): return bytes
    case .integer(let number): throw FaultKind.incorrectParameters.fault("\(number)")
    default: throw FaultKind.incorrectParameters.fault()
    }
  }
}
