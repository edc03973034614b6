/// `${X}`, `${X:-default}`, `${X:?message}` and `$${` in a text. Everything else stays as it is:
/// nginx's own `$uri`, a shell's `$1`.
package enum TemplateText {
  package struct Problem: Error, Sendable, Equatable {
    /// Both counted from 1, the column in bytes.
    package var line: Int
    package var column: Int
    package var message: String
  }

  private struct Failure: Error {
    var message: String
  }

  package static func expand(
    _ text: [UInt8], _ variable: (String) -> String?
  ) throws(Problem) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    var line = (number: 1, start: 0)
    while position < text.count {
      if text[position...].starts(with: "$${".utf8) {
        result += Array("${".utf8)
        position += 3
      } else if text[position...].starts(with: "${".utf8) {
        do throws(Failure) {
          let (value, end) = try reference(text, position + 2, variable)
          result += Array(value.utf8)
          position = end
        } catch {
          let column = position - line.start + 1
          throw Problem(line: line.number, column: column, message: error.message)
        }
      } else {
        if text[position] == UInt8(ascii: "\n") { line = (line.number + 1, position + 1) }
        result.append(text[position])
        position += 1
      }
    }
    return result
  }

  private static func reference(
    _ text: [UInt8], _ start: Int, _ variable: (String) -> String?
  ) throws(Failure) -> (value: String, end: Int) {
    guard let end = text[start...].firstIndex(of: UInt8(ascii: "}")) else {
      throw Failure(message: "${ without }; write $${ for a literal one")
    }
    let content = text[start..<end]
    let name = content.prefix { $0.isNameByte }
    let rest = String(decoding: content.dropFirst(name.count), as: UTF8.self)
    let word = String(decoding: name, as: UTF8.self)
    guard !word.isEmpty else {
      throw Failure(message: "there is no name in ${…}; write $${ for a literal one")
    }
    return (try value(word, rest, variable(word)), end + 1)
  }

  private static func value(
    _ name: String, _ rest: String, _ found: String?
  ) throws(Failure) -> String {
    if rest.hasPrefix(":-") {
      return found.flatMap { $0.isEmpty ? nil : $0 } ?? String(rest.dropFirst(2))
    }
    if rest.hasPrefix(":?") {
      if let found, !found.isEmpty { return found }
      throw Failure(message: "\(name) is not set: \(rest.dropFirst(2))")
    }
    guard rest.isEmpty else {
      throw Failure(
        message: "${\(name)\(rest)} is neither ${X}, ${X:-default} nor ${X:?message}")
    }
    guard let found else {
      throw Failure(message: "\(name) is not set; set it, or write ${\(name):-default}")
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
