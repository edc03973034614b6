/// A value of XML-RPC, with the two that everybody has added since: nil and integers of 64 bits.
package indirect enum XMLRPCValue: Sendable, Equatable {
  case integer(Int)
  case boolean(Bool)
  case double(Double)
  case string(String)
  case array([XMLRPCValue])
  /// In its order.
  case structure([Member])
  case base64([UInt8])
  /// As it is written: `20261121T07:37:33`.
  case dateTime(String)
  case null

  package struct Member: Sendable, Equatable {
    package var name: String
    package var value: XMLRPCValue

    package init(_ name: String, _ value: XMLRPCValue) {
      self.name = name
      self.value = value
    }
  }

  /// Of a structure; the last of that name, as dictionaries have it.
  package subscript(_ name: String) -> XMLRPCValue? {
    guard case .structure(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var integer: Int? {
    guard case .integer(let number) = self else { return nil }
    return number
  }

  package var boolean: Bool? {
    guard case .boolean(let flag) = self else { return nil }
    return flag
  }

  package var elements: [XMLRPCValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }
}

/// What a call failed with.
package struct XMLRPCFault: Error, Sendable, Equatable {
  package var code: Int
  package var text: String

  package init(code: Int, text: String) {
    self.code = code
    self.text = text
  }

  /// As it stands in a response, and among the results of `system.multicall`.
  package var value: XMLRPCValue {
    .structure([.init("faultCode", .integer(code)), .init("faultString", .string(text))])
  }

  /// nil for a value that is no fault.
  package init?(_ value: XMLRPCValue) {
    guard let code = value["faultCode"]?.integer, let text = value["faultString"]?.text else {
      return nil
    }
    self.init(code: code, text: text)
  }
}
