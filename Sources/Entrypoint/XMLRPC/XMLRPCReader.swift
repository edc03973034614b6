internal import HTTP

/// The grammar of XML-RPC over the tags of a document.
struct XMLRPCReader {
  private var scanner: XMLScanner
  private let limits: XMLRPCLimits
  private var valueCount = 0

  init(_ scanner: XMLScanner, _ limits: XMLRPCLimits) {
    self.scanner = scanner
    self.limits = limits
  }

  // MARK: Messages

  mutating func call() throws(XMLRPCProblem) -> XMLRPCCall {
    try open("methodCall")
    try open("methodName")
    let name = String(decoding: try scanner.text(), as: UTF8.self)
    try close("methodName")
    var call = XMLRPCCall(method: name)
    if try nextTag() == .open("params") {
      call.parameters = try parameters()
      try close("methodCall")
    } else if last != .init(name: "methodCall", kind: .close), try !isEmptyParameters() {
      throw XMLRPCProblem("neither parameters nor the end of the call")
    }
    try end()
    return call
  }

  /// `<params/>`, and then the end of the call.
  private mutating func isEmptyParameters() throws(XMLRPCProblem) -> Bool {
    guard last == .init(name: "params", kind: .empty) else { return false }
    try close("methodCall")
    return true
  }

  mutating func response() throws(XMLRPCProblem) -> XMLRPCResponse {
    try open("methodResponse")
    let response: XMLRPCResponse
    switch try nextTag() {
    case .open("params"):
      let values = try parameters()
      guard let first = values.first, values.count == 1 else {
        throw XMLRPCProblem("an answer that is not one value")
      }
      response = .value(first)
    case .open("fault"):
      try open("value")
      guard let fault = XMLRPCFault(try value(depth: 0)) else {
        throw XMLRPCProblem("a fault without code and text")
      }
      response = .fault(fault)
      try close("fault")
    default: throw XMLRPCProblem("neither an answer nor a fault")
    }
    try close("methodResponse")
    try end()
    return response
  }

  /// Behind `<params>`, to behind its end.
  private mutating func parameters() throws(XMLRPCProblem) -> [XMLRPCValue] {
    var values: [XMLRPCValue] = []
    while try nextTag() != .close("params") {
      guard last == .open("param") else { throw XMLRPCProblem("something other than a param") }
      values.append(try wholeValue(depth: 0))
      try close("param")
    }
    return values
  }

  // MARK: Values

  /// With its `<value>`, which may be empty.
  private mutating func wholeValue(depth: Int) throws(XMLRPCProblem) -> XMLRPCValue {
    switch try nextTag() {
    case .open("value"): return try value(depth: depth)
    case .empty("value"):
      try count(depth)
      return .string("")
    default: throw XMLRPCProblem("no value where one belongs")
    }
  }

  private mutating func count(_ depth: Int) throws(XMLRPCProblem) {
    valueCount += 1
    guard depth < limits.depth else { throw XMLRPCProblem("values that are nested too deeply") }
    guard valueCount <= limits.values else { throw XMLRPCProblem("too many values") }
  }

  /// Behind `<value>`, to behind its end. Text without a type is a string.
  private mutating func value(depth: Int) throws(XMLRPCProblem) -> XMLRPCValue {
    try count(depth)
    let text = try scanner.text()
    let tag = try scanner.tag()
    if tag == .close("value") { return .string(String(decoding: text, as: UTF8.self)) }
    guard text.allSatisfy(\.isWhite) else { throw XMLRPCProblem("text in front of a type") }
    let value = tag.kind == .empty ? try emptyValue(tag) : try typedValue(tag, depth)
    try close("value")
    return value
  }

  private func emptyValue(_ tag: XMLScanner.Tag) throws(XMLRPCProblem) -> XMLRPCValue {
    switch tag.name {
    case "nil": return .null
    case "string": return .string("")
    case "base64": return .base64([])
    case "struct": return .structure([])
    default: throw XMLRPCProblem("a value without a content")
    }
  }

  private mutating func typedValue(
    _ tag: XMLScanner.Tag, _ depth: Int
  ) throws(XMLRPCProblem) -> XMLRPCValue {
    guard tag.kind == .open else { throw XMLRPCProblem("an end before its time") }
    switch tag.name {
    case "array": return try array(depth)
    case "struct": return try structure(depth)
    default:
      let value = try scalar(tag.name, scanner.text())
      try close(tag.name)
      return value
    }
  }

  private func scalar(_ type: String, _ text: [UInt8]) throws(XMLRPCProblem) -> XMLRPCValue {
    let words = String(decoding: text.filter { !$0.isWhite }, as: UTF8.self)
    let value: XMLRPCValue? =
      switch type {
      case "string": .string(String(decoding: text, as: UTF8.self))
      case "int", "i4", "i1", "i2", "i8": Int(words).map { .integer($0) }
      case "boolean": ["0": .boolean(false), "1": .boolean(true)][words]
      case "double": Double(words).map { .double($0) }
      case "base64": Base64.decode(text).map { .base64($0) }
      case "dateTime.iso8601": .dateTime(words)
      case "nil" where words.isEmpty: .null
      default: nil
      }
    guard let value else { throw XMLRPCProblem("a type or value that is not XML-RPC's") }
    return value
  }

  private mutating func array(_ depth: Int) throws(XMLRPCProblem) -> XMLRPCValue {
    var elements: [XMLRPCValue] = []
    switch try nextTag() {
    case .empty("data"): break
    case .open("data"):
      while try nextTag() != .close("data") {
        switch last {
        case .open("value"): elements.append(try value(depth: depth + 1))
        case .empty("value"):
          try count(depth + 1)
          elements.append(.string(""))
        default: throw XMLRPCProblem("something other than a value in an array")
        }
      }
    default: throw XMLRPCProblem("an array without data")
    }
    try close("array")
    return .array(elements)
  }

  private mutating func structure(_ depth: Int) throws(XMLRPCProblem) -> XMLRPCValue {
    var members: [XMLRPCValue.Member] = []
    while try nextTag() != .close("struct") {
      guard last == .open("member") else { throw XMLRPCProblem("something other than a member") }
      var name = ""
      if try nextTag() == .open("name") {
        name = String(decoding: try scanner.text(), as: UTF8.self)
        try close("name")
      } else if last != .empty("name") {
        throw XMLRPCProblem("a member without a name")
      }
      members.append(.init(name, try wholeValue(depth: depth + 1)))
      try close("member")
    }
    return .structure(members)
  }

  // MARK: Tags

  /// The one that `nextTag` has found.
  private var last = XMLScanner.Tag(name: "", kind: .close)

  /// With nothing but white space in front.
  @discardableResult
  private mutating func nextTag() throws(XMLRPCProblem) -> XMLScanner.Tag {
    guard try scanner.text().allSatisfy(\.isWhite) else {
      throw XMLRPCProblem("text where none belongs")
    }
    last = try scanner.tag()
    return last
  }

  private mutating func open(_ name: String) throws(XMLRPCProblem) {
    guard try nextTag() == .open(name) else { throw XMLRPCProblem("no \(name) where it belongs") }
  }

  /// A scalar's text has been read by then, so that what stands in front is white space or nothing.
  private mutating func close(_ name: String) throws(XMLRPCProblem) {
    guard try nextTag() == .close(name) else { throw XMLRPCProblem("no end of \(name)") }
  }

  private mutating func end() throws(XMLRPCProblem) {
    guard try scanner.text().allSatisfy(\.isWhite), scanner.isAtEnd else {
      throw XMLRPCProblem("something behind the end")
    }
  }
}

extension XMLScanner.Tag {
  fileprivate static func open(_ name: String) -> XMLScanner.Tag { .init(name: name, kind: .open) }
  fileprivate static func close(_ name: String) -> XMLScanner.Tag {
    .init(name: name, kind: .close)
  }
  fileprivate static func empty(_ name: String) -> XMLScanner.Tag {
    .init(name: name, kind: .empty)
  }

  fileprivate static func ~= (pattern: XMLScanner.Tag, tag: XMLScanner.Tag) -> Bool {
    pattern == tag
  }
}

extension UInt8 {
  fileprivate var isWhite: Bool { self == 32 || (9...10).contains(self) || self == 13 }
}
