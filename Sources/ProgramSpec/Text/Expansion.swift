/// What `%(name)s` may stand for in one place of the configuration.
package struct ExpansionScope: Sendable {
  package enum Value: Sendable, Equatable {
    case text(String)
    case number(Int)
  }

  private struct OwnVariable {
    var value: String
    /// See `untrusted`.
    var file: String?
  }

  private var values: [String: Value] = [:]
  /// The variables that many sections and processes have: no scope copies them.
  private var environment: [String: String]
  /// Names in `environment` whose values a user other than root may choose, each with the path of
  /// the file that it comes from.
  private var untrusted: [String: String]
  /// The variables of this scope alone, which replace those of `environment`.
  private var own: [String: OwnVariable] = [:]
  /// Names of variables whose values are shown to nobody.
  private(set) var concealed: Set<String>
  /// Whether an expansion has a mask for the values of these.
  private var masksConcealed = false
  /// Whether a variable may be there whose value a user other than root may choose.
  private(set) var mayBeUntrusted: Bool
  /// Whether an expansion with such a variable fails.
  var refusesUntrusted = false

  package init(environment: [String: String], concealed: Set<String> = []) {
    self.init(environment: environment, concealed: concealed, untrusted: [:])
  }

  init(environment: [String: String], concealed: Set<String>, untrusted: [String: String]) {
    self.environment = environment
    self.concealed = concealed
    self.untrusted = untrusted
    mayBeUntrusted = !untrusted.isEmpty
  }

  package mutating func set(_ name: String, _ value: Value) { values[name] = value }

  /// `file` is where an untrusted value comes from; nil for any other value.
  mutating func setVariable(_ name: String, _ value: String, from file: String? = nil) {
    own[name] = OwnVariable(value: value, file: file)
    if file != nil { mayBeUntrusted = true }
  }

  /// Makes the variables of this scope alone some that other scopes can take without a copy.
  mutating func shareVariables() {
    for (name, variable) in own {
      environment[name] = variable.value
      untrusted[name] = variable.file
    }
    own = [:]
  }

  /// Has the variables of the other scope, and no others.
  mutating func takeVariables(of other: ExpansionScope) {
    environment = other.environment
    untrusted = other.untrusted
    own = other.own
    mayBeUntrusted = other.mayBeUntrusted
  }

  mutating func conceal(_ name: String) { concealed.insert(name) }

  /// One of the environment.
  func variable(_ name: String) -> String? { own[name]?.value ?? environment[name] }

  /// The file from which an untrusted variable comes; nil for any other variable.
  func file(of name: String) -> String? {
    guard let variable = own[name] else { return untrusted[name] }
    return variable.file
  }

  /// The same for a text that is shown: secrets are masked. nil where there are none.
  var forDisplay: ExpansionScope? {
    guard !concealed.isEmpty else { return nil }
    var copy = self
    copy.masksConcealed = true
    return copy
  }

  func value(_ name: String) throws(ExpansionProblem) -> Value? {
    if let value = values[name] { return value }
    guard name.hasPrefix("ENV_") else { return nil }
    let variable = String(name.dropFirst(4))
    if refusesUntrusted, let file = file(of: variable) {
      throw .untrusted(variable: variable, file: file)
    }
    guard let value = self.variable(variable) else { return nil }
    return .text(masksConcealed && concealed.contains(variable) ? Concealment.mask : value)
  }

  /// Without the hundreds that an environment may hold.
  var names: [String] { values.keys.sorted() + ["ENV_…"] }
}

/// Why an expansion failed, before it is known which key it stands in.
enum ExpansionProblem: Error, Equatable {
  case unknownName(String)
  case required(name: String, message: String)
  case badFormat(String)
  /// The variable comes from a file that a user other than root may change.
  case untrusted(variable: String, file: String)
  /// Values with such variables take too much of PID 1's time.
  case tooMuchUntrusted(String)
}

/// Python's `%` formatting with a dictionary, and the defaults that supervisord lacks:
/// `%(ENV_X:-default)s`, `%(ENV_X:?message)s`. The result is not expanded again, so a `%` in a
/// variable's value is safe; only a default with names in it is.
enum Expansion {
  private static let deepest = 16

  static func expand(
    _ text: String, _ scope: ExpansionScope, depth: Int = 0
  ) throws(ExpansionProblem) -> String {
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
        result += Array(try directive(&bytes, scope, depth).utf8)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func directive(
    _ bytes: inout ByteCursor, _ scope: ExpansionScope, _ depth: Int
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
    let value = try value(of: name, scope, depth)
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
    of name: String, _ scope: ExpansionScope, _ depth: Int
  ) throws(ExpansionProblem) -> ExpansionScope.Value {
    if let value = try scope.value(name) { return value }
    guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .unknownName(name) }
    let bare = String(name[..<colon])
    let rest = String(name[name.utf8.index(after: colon)...])
    let value = try scope.value(bare)
    if let value, value != .text("") { return value }
    if rest.hasPrefix("-") { return .text(try standard(String(rest.dropFirst()), scope, depth)) }
    if rest.hasPrefix("?") { throw .required(name: bare, message: String(rest.dropFirst())) }
    throw .unknownName(name)
  }

  /// A `%` alone has always been itself here.
  private static func standard(
    _ text: String, _ scope: ExpansionScope, _ depth: Int
  ) throws(ExpansionProblem) -> String {
    let bytes = text.utf8
    let hasNames = zip(bytes, bytes.dropFirst()).contains {
      $0 == UInt8(ascii: "%") && $1 == UInt8(ascii: "(")
    }
    guard hasNames else { return text }
    guard depth < deepest else { throw .badFormat("more than 16 defaults stand in each other") }
    return try expand(text, scope, depth: depth + 1)
  }
}
