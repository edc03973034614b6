/// `${X}`, `${X:-default}`, `${X:?message}` and `$${` in a text. Everything else stays as it is:
/// nginx's own `$uri`, a shell's `$1`.
package enum TemplateText {
  package struct Problem: Error, Sendable, Equatable {
    /// Both counted from 1, the column in bytes.
    package var line: Int
    package var column: Int
    package var message: String
  }

  /// The text must not refer to this variable.
  package struct Refusal: Error, Sendable {
    fileprivate var message: String

    /// A user other than root may change `file`, from which the variable comes.
    init(_ name: String, of file: String) {
      message =
        "\(name) comes from \(file), which a user other than root may change; give the result to "
        + "the user of the program that reads it (owner=), set \(name) in environment= of "
        + "[supervisord], or let only root change the file and its directory (chown root, "
        + "chmod go-w)"
    }
  }

  private struct Failure: Error {
    var position: Int
    var message: String
  }

  private static let deepest = 16

  package static func expand(
    _ text: [UInt8], _ variable: (String) throws(Refusal) -> String?
  ) throws(Problem) -> [UInt8] {
    do throws(Failure) { return try expand(text[...], 0, variable) } catch {
      let before = text[..<error.position]
      let newline = before.lastIndex(of: UInt8(ascii: "\n"))
      throw Problem(
        line: before.count { $0 == UInt8(ascii: "\n") } + 1,
        column: error.position - (newline ?? -1), message: error.message)
    }
  }

  private static func expand(
    _ text: ArraySlice<UInt8>, _ depth: Int,
    _ variable: (String) throws(Refusal) -> String?
  ) throws(Failure) -> [UInt8] {
    var result: [UInt8] = []
    var position = text.startIndex
    while position < text.endIndex {
      let rest = text[position...]
      if rest.starts(with: "$${".utf8) {
        result += Array("${".utf8)
        position += 3
      } else if rest.starts(with: "${".utf8) {
        guard let end = closing(rest) else {
          throw Failure(
            position: position, message: "${ without }; write $${ for a literal one")
        }
        result += try reference(rest[..<end], depth, variable)
        position = end + 1
      } else {
        result.append(text[position])
        position += 1
      }
    }
    return result
  }

  /// The brace that ends the reference at the beginning; there may be others in its default.
  private static func closing(_ text: ArraySlice<UInt8>) -> Int? {
    var open = 0
    var position = text.startIndex
    while position < text.endIndex {
      let rest = text[position...]
      if rest.starts(with: "$${".utf8) {
        position += 3
        continue
      }
      if rest.starts(with: "${".utf8) { open += 1 }
      if text[position] == UInt8(ascii: "}") { open -= 1 }
      if open == 0 { return position }
      position += 1
    }
    return nil
  }

  private static func reference(
    _ text: ArraySlice<UInt8>, _ depth: Int,
    _ variable: (String) throws(Refusal) -> String?
  ) throws(Failure) -> [UInt8] {
    let content = text.dropFirst(2)
    let name = content.prefix { $0.isNameByte }
    let rest = content.dropFirst(name.count)
    let word = String(decoding: name, as: UTF8.self)
    guard !word.isEmpty else {
      throw Failure(
        position: text.startIndex,
        message: "there is no name in ${…}; write $${ for a literal one")
    }
    let found: String?
    do throws(Refusal) { found = try variable(word) } catch {
      throw Failure(position: text.startIndex, message: error.message)
    }
    guard rest.starts(with: ":-".utf8), found ?? "" == "" else {
      let shown = String(decoding: rest, as: UTF8.self)
      return Array(try value(word, shown, found, text.startIndex).utf8)
    }
    guard depth < deepest else {
      throw Failure(
        position: text.startIndex, message: "more than 16 references stand in each other")
    }
    return try expand(rest.dropFirst(2), depth + 1, variable)
  }

  /// Of one that has no need of its default.
  private static func value(
    _ name: String, _ rest: String, _ found: String?, _ position: Int
  ) throws(Failure) -> String {
    if rest.hasPrefix(":-"), let found { return found }
    if rest.hasPrefix(":?") {
      if let found, !found.isEmpty { return found }
      throw Failure(position: position, message: "\(name) is not set: \(rest.dropFirst(2))")
    }
    guard rest.isEmpty else {
      throw Failure(
        position: position,
        message: "${\(name)\(rest)} is neither ${X}, ${X:-default} nor ${X:?message}")
    }
    guard let found else {
      throw Failure(
        position: position, message: "\(name) is not set; set it, or write ${\(name):-default}")
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
