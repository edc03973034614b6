/// The fields of a head in their order. Names are compared without regard to case.
package struct HTTPFields: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package private(set) var all: [Field]

  package init(_ fields: [Field] = []) { all = fields }

  /// The first of that name.
  package subscript(_ name: String) -> String? {
    all.first { $0.name.utf8.equalsIgnoringCase(name.utf8) }?.value
  }

  package func values(_ name: String) -> [String] {
    all.filter { $0.name.utf8.equalsIgnoringCase(name.utf8) }.map(\.value)
  }

  /// Whether a comma-separated list, such as Connection's, has that member.
  package func list(_ name: String, has member: String) -> Bool {
    values(name).contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains {
        Array($0)[...].trimmed.equalsIgnoringCase(member.utf8)
      }
    }
  }

  package mutating func append(_ name: String, _ value: String) { all.append(Field(name, value)) }

  /// One line of a head, without its end. False for what is none: a blank before the colon or a
  /// folded line is how one request is made to look like two (RFC 9112 sections 5.1 and 5.2).
  mutating func append(line: ArraySlice<UInt8>) -> Bool {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let name = line[..<colon]
    let value = line[(colon + 1)...].trimmed
    guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter),
      value.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 })
    else { return false }
    append(String(repairing: name), String(repairing: value))
    return true
  }
}
