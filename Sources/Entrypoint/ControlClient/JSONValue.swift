/// A value of JSON (RFC 8259), from the control socket or a file. Of two fields of one name the
/// last one counts, as everywhere.
package indirect enum JSONValue: Sendable, Equatable {
  case string(String)
  case number(Double)
  case bool(Bool)
  case null
  case array([JSONValue])
  case object([String: JSONValue])

  /// nil for what is no JSON.
  package static func parse(_ text: ArraySlice<UInt8>) -> JSONValue? { try? read(text) }

  /// The same with the reason.
  package static func read(_ text: ArraySlice<UInt8>) throws(JSONProblem) -> JSONValue {
    var reader = JSONReader(text)
    return try reader.wholeValue()
  }

  package subscript(_ key: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields[key]
  }

  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var double: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }

  package var integer: Int? { double.flatMap { Int(exactly: $0.rounded()) } }

  package var isTrue: Bool { self == .bool(true) }

  package var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }
}
