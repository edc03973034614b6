/// `${X}`, `${X:-default}`, `${X:?message}` and `$${` in a text. Everything else stays as it is:
/// nginx's own `$uri`, a shell's `$1`.
package enum TemplateText {
  package struct Problem: Error, Sendable, Equatable {
    /// Counted from 1.
    package var line: Int
    package var message: String
  }

  package static func expand(
    _ text: [UInt8], _ variable: (String) -> String?
  ) throws(Problem) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    var line = 1
    while position < text.count {
      if text[position...].starts(with: "$${".utf8) {
        result += Array("${".utf8)
        position += 3
      } else if text[position...].starts(with: "${".utf8) {
        let (value, end) = try reference(text, position + 2, line, variable)
        result += Array(value.utf8)
        position = end
      } else {
        if text[position] == UInt8(ascii: "\n") { line += 1 }
        result.append(text[position])
        position += 1
      }
    }
    return result
  }

  private static func reference(
    _ text: [UInt8], _ start: Int, _ line: Int, _ variable: (String) -> String?
  ) throws(Problem) -> (value: String, end: Int) {
    guard let end = text[start...].firstIndex(of: UInt8(ascii: "}")) else {
      throw Problem(line: line, message: "${ without }; write $${ for a literal one")
    }
    let content = text[start..<end]
    let name = content.prefix { $0.isNameByte }
    let rest = String(decoding: content.dropFirst(name.count), as: UTF8.self)
    let word = String(decoding: name, as: UTF8.self)
    guard !word.isEmpty else {
      throw Problem(line: line, message: "there is no name in ${…}; write $${ for a literal one")
    }
    return (try value(word, rest, line, variable(word)), end + 1)
  }

  private static func value(
    _ name: String, _ rest: String, _ line: Int, _ found: String?
  ) throws(Problem) -> String {
    if rest.hasPrefix(":-") {
      return found.flatMap { $0.isEmpty ? nil : $0 } ?? String(rest.dropFirst(2))
    }
    if rest.hasPrefix(":?") {
      if let found, !found.isEmpty { return found }
      throw Problem(line: line, message: "\(name) is not set: \(rest.dropFirst(2))")
    }
    guard rest.isEmpty else {
      throw Problem(
        line: line, message: "${\(name)\(rest)} is neither ${X}, ${X:-default} nor ${X:?message}")
    }
    guard let found else {
      throw Problem(line: line, message: "\(name) is not set; set it, or write ${\(name):-default}")
    }
    return found
  }
}

extension UInt8 {
  fileprivate var isNameByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
