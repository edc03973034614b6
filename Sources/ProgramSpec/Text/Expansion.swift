/// What `%(name)s` may stand for in one place of the configuration.
package struct ExpansionScope: Sendable {
  package enum Value: Sendable, Equatable {
    case text(String)
    case number(Int)
  }

  private var values: [String: Value] = [:]
  private var environment: [String: String]

  package init(environment: [String: String]) { self.environment = environment }

  package mutating func set(_ name: String, _ value: Value) { values[name] = value }

  package mutating func setVariable(_ name: String, _ value: String) { environment[name] = value }

  func value(_ name: String) -> Value? {
    if let value = values[name] { return value }
    guard name.hasPrefix("ENV_") else { return nil }
    return environment[String(name.dropFirst(4))].map { .text($0) }
  }

  /// Without the hundreds that an environment may hold.
  var names: [String] { values.keys.sorted() + ["ENV_…"] }
}

/// Why an expansion failed, before it is known which key it stands in.
enum ExpansionProblem: Error, Equatable {
  case unknownName(String)
  case required(name: String, message: String)
  case badFormat(String)
}

/// Python's `%` formatting with a dictionary, and the defaults that supervisord lacks:
/// `%(ENV_X:-default)s`, `%(ENV_X:?message)s`. The result is not expanded again, so a `%` in a
/// variable's value is safe.
enum Expansion {
  static func expand(_ text: String, _ scope: ExpansionScope) throws(ExpansionProblem) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
    var result: [UInt8] = []
    var bytes = ByteCursor(text)
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "%") else {
        result.append(byte)
        continue
      }
      if bytes.peek == UInt8(ascii: "%") {
        _ = bytes.next()
        result.append(byte)
      } else {
        result += Array(try directive(&bytes, scope).utf8)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func directive(
    _ bytes: inout ByteCursor, _ scope: ExpansionScope
  ) throws(ExpansionProblem) -> String {
    guard let first = bytes.next() else {
      throw .badFormat("incomplete format; write %% for a per cent sign")
    }
    guard first == UInt8(ascii: "(") else {
      let character = String(decoding: [first], as: UTF8.self)
      throw .badFormat(
        "unsupported format character \(character.quoted); write %% for a per cent sign")
    }
    let name = try parenthesised(&bytes)
    let value = try value(of: name, scope)
    return try FormatDirective(&bytes).apply(to: value)
  }

  private static func parenthesised(_ bytes: inout ByteCursor) throws(ExpansionProblem) -> String {
    var name: [UInt8] = []
    var depth = 1
    while let byte = bytes.next() {
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0 { return String(decoding: name, as: UTF8.self) }
      name.append(byte)
    }
    throw .badFormat("incomplete format key; the ) is missing")
  }

  private static func value(
    of name: String, _ scope: ExpansionScope
  ) throws(ExpansionProblem) -> ExpansionScope.Value {
    if let value = scope.value(name) { return value }
    guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .unknownName(name) }
    let bare = String(name[..<colon])
    let rest = String(name[name.utf8.index(after: colon)...])
    let value = scope.value(bare)
    if let value, value != .text("") { return value }
    if rest.hasPrefix("-") { return .text(String(rest.dropFirst())) }
    if rest.hasPrefix("?") { throw .required(name: bare, message: String(rest.dropFirst())) }
    throw .unknownName(name)
  }
}

/// What follows the parenthesis: flags, width, precision, conversion.
private struct FormatDirective {
  private var flags: [UInt8] = []
  private var width = 0
  private var precision: Int?
  private let conversion: UInt8
  /// Wide enough for any name, and no way to fill the memory.
  private static let widest = 4096

  init(_ bytes: inout ByteCursor) throws(ExpansionProblem) {
    while let byte = bytes.peek, "#0- +".utf8.contains(byte) {
      flags.append(byte)
      _ = bytes.next()
    }
    width = FormatDirective.number(&bytes) ?? 0
    if bytes.peek == UInt8(ascii: ".") {
      _ = bytes.next()
      precision = FormatDirective.number(&bytes) ?? 0
    }
    guard let conversion = bytes.next() else {
      throw .badFormat("incomplete format; write %(name)s, with the s")
    }
    self.conversion = conversion
  }

  private static func number(_ bytes: inout ByteCursor) -> Int? {
    var value: Int?
    while let byte = bytes.peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      value = min((value ?? 0) * 10 + Int(byte - UInt8(ascii: "0")), widest)
      _ = bytes.next()
    }
    return value
  }

  func apply(to value: ExpansionScope.Value) throws(ExpansionProblem) -> String {
    switch (conversion, value) {
    case (UInt8(ascii: "s"), .text(let text)): padded(cut(text))
    case (UInt8(ascii: "s"), .number(let number)): padded(cut("\(number)"))
    case (UInt8(ascii: "r"), .text(let text)): padded(cut(text.quoted))
    case (UInt8(ascii: "r"), .number(let number)): padded(cut("\(number)"))
    case (UInt8(ascii: "d"), .number(let number)), (UInt8(ascii: "i"), .number(let number)),
      (UInt8(ascii: "u"), .number(let number)):
      padded(signed(number, radix: 10))
    case (UInt8(ascii: "o"), .number(let number)): padded(signed(number, radix: 8))
    case (UInt8(ascii: "x"), .number(let number)): padded(signed(number, radix: 16))
    case (UInt8(ascii: "X"), .number(let number)):
      padded(signed(number, radix: 16).uppercased())
    case (_, .text) where "diuoxXeEfFgGc".utf8.contains(conversion):
      throw .badFormat("a number is required, not a text; write s for the last letter")
    default:
      throw .badFormat(
        "unsupported format character \(String(decoding: [conversion], as: UTF8.self).quoted)"
          + "; the last letter is s for a text and d for a number")
    }
  }

  private func cut(_ text: String) -> String { precision.map { String(text.prefix($0)) } ?? text }

  private func signed(_ number: Int, radix: Int) -> String {
    var digits = String(number.magnitude, radix: radix)
    let least = precision ?? 0
    if digits.count < least {
      digits = String(repeating: "0", count: least - digits.count) + digits
    }
    let start = sign(number) + (flags.contains(UInt8(ascii: "#")) ? Self.prefix(radix) : "")
    let missing = width - digits.count - start.count
    if flags.contains(UInt8(ascii: "0")), !flags.contains(UInt8(ascii: "-")), missing > 0 {
      digits = String(repeating: "0", count: missing) + digits
    }
    return start + digits
  }

  private func sign(_ number: Int) -> String {
    if number < 0 { return "-" }
    if flags.contains(UInt8(ascii: "+")) { return "+" }
    return flags.contains(UInt8(ascii: " ")) ? " " : ""
  }

  /// Of Python's alternate form.
  private static func prefix(_ radix: Int) -> String {
    switch radix {
    case 16: "0x"
    case 8: "0o"
    default: ""
    }
  }

  private func padded(_ text: String) -> String {
    guard text.count < width else { return text }
    let space = String(repeating: " ", count: width - text.count)
    return flags.contains(UInt8(ascii: "-")) ? text + space : space + text
  }
}
