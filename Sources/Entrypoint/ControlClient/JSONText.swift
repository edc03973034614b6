internal import ProgramSpec

/// Values back into text, as RFC 8259 has it.
package enum JSONText {
  /// Numbers below this one are written with six decimals: 31 years in seconds.
  fileprivate static let maxSeconds = 1e9

  /// One element a line, so that both people and machines can read it.
  package static func array(_ values: [JSONValue]) -> String {
    var text = "["
    for (index, value) in values.enumerated() {
      var json = JSONWriter()
      json.write(value)
      text += "\(index == 0 ? "\n" : ",\n")  \(String(decoding: json.bytes, as: UTF8.self))"
    }
    return text + "\n]\n"
  }

  /// With a line end.
  package static func line(_ value: JSONValue) -> String {
    var json = JSONWriter()
    json.write(value)
    json.newline()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

extension JSONWriter {
  /// Fields in the order of their names.
  fileprivate mutating func write(_ value: JSONValue) {
    switch value {
    case .string(let text): string(text)
    case .number(let number): self.number(number)
    case .bool(let flag): bool(flag)
    case .null: null()
    case .array(let elements):
      beginArray()
      for element in elements { write(element) }
      endArray()
    case .object(let fields):
      beginObject()
      for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
        key(name)
        write(field)
      }
      endObject()
    }
  }

  private mutating func number(_ value: Double) {
    if let whole = Int(exactly: value) { return number(whole) }
    // PID 1 writes times in seconds with six decimals. In nanoseconds, a larger number would not
    // fit into 64 bits.
    guard (0..<JSONText.maxSeconds).contains(value) else { return self.number(exactly: value) }
    seconds(nanoseconds: UInt64((value * 1e6).rounded()) * 1000)
  }
}
