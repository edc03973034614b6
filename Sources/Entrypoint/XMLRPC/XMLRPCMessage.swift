/// A call: the name of a method and its parameters.
package struct XMLRPCCall: Sendable, Equatable {
  package var method: String
  package var parameters: [XMLRPCValue]

  package init(method: String, parameters: [XMLRPCValue] = []) {
    self.method = method
    self.parameters = parameters
  }

  package var encoded: [UInt8] {
    var writer = XMLWriter()
    writer.text("<?xml version='1.0'?>\n<methodCall>\n<methodName>")
    writer.escape(method)
    writer.text("</methodName>\n<params>\n")
    for parameter in parameters { writer.parameter(parameter) }
    writer.text("</params>\n</methodCall>\n")
    return writer.bytes
  }

  /// Throws where it is no call; one without `<params>` has none.
  package static func parse(
    _ document: [UInt8], limits: XMLRPCLimits = .init()
  ) throws(XMLRPCProblem) -> XMLRPCCall {
    var reader = XMLRPCReader(XMLScanner(try XMLEncoding.decode(document)), limits)
    return try reader.call()
  }
}

/// What comes back for a call: one value, or a fault.
package enum XMLRPCResponse: Sendable, Equatable {
  case value(XMLRPCValue)
  case fault(XMLRPCFault)

  package var encoded: [UInt8] {
    var writer = XMLWriter()
    writer.text("<?xml version='1.0'?>\n<methodResponse>\n")
    switch self {
    case .value(let value):
      writer.text("<params>\n")
      writer.parameter(value)
      writer.text("</params>\n")
    case .fault(let fault):
      writer.text("<fault>\n")
      writer.value(fault.value)
      writer.text("\n</fault>\n")
    }
    writer.text("</methodResponse>\n")
    return writer.bytes
  }

  /// Throws where it is no response.
  package static func parse(
    _ document: [UInt8], limits: XMLRPCLimits = .init()
  ) throws(XMLRPCProblem) -> XMLRPCResponse {
    var reader = XMLRPCReader(XMLScanner(try XMLEncoding.decode(document)), limits)
    return try reader.response()
  }
}

/// Why a document is not understood.
package struct XMLRPCProblem: Error, Sendable, Equatable {
  /// In the middle of a sentence: `a tag that does not end`.
  package var text: String

  init(_ text: String) { self.text = text }
}

/// What a document may make us keep, beyond its own length.
package struct XMLRPCLimits: Sendable, Equatable {
  /// Arrays and structures in each other. Reading goes as deep into our stack.
  package var depth = 32
  /// Values in all: `<value/>` is eight bytes and becomes a hundred.
  package var values = 50_000

  package init() {}
}
