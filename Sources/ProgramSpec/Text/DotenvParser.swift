/// Reads an environment file as Docker Compose does: `NAME=value`, `export`, comments,
/// single quotes (literal), double quotes (escapes and references), both over several lines.
///
/// References are `$X`, `${X}`, `${X:-default}`, `${X:?message}`, `${X:+value}`, each also without
/// the colon, and `$$`. They see the lines above, then the files before, then the environment: what
/// the program itself will see. Source: Docker's "Syntax for environment files in Docker Compose".
package struct DotenvParser {
  package struct Problem: Sendable, Equatable {
    /// Counted from 1; the column in bytes.
    package var line: Int
    package var column: Int
    package var reason: String
    package var isWarning = false
  }

  package struct Outcome {
    package var variables: [Variable] = []
    package var problems: [Problem] = []
    /// For each variable with a reference to an untrusted variable (see `ExpansionScope`), the file
    /// from which that one comes.
    package var untrusted: [String: String] = [:]
  }

  struct Failure: Error {
    var position: Int
    var reason: String
  }

  /// Linux takes no entry of an environment beyond 128 KiB (execve(2)), and a few lines that double
  /// each other would fill any memory.
  package static let longestValue = 127 << 10

  /// Of all values together: execve(2) takes 2 MiB with the usual stack limit, and with
  /// references a file of a few KiB can make any amount of text.
  static let longestSum = 2 << 20

  /// Each is looked for among the others; no program has a hundredth of that. A line that sets a
  /// variable again takes as long as the first one, and counts as well.
  static let mostVariables = 10_000
  /// What a reference costs even if it stands for nothing: about the time that it takes to copy so
  /// many bytes.
  static let referenceCost = 64
  /// Whoever has mended so many may ask again.
  static let mostProblems = 100

  let bytes: [UInt8]
  var position = 0
  /// Within a default that is not needed: nothing in there is missing.
  var skipped = 0
  private let scope: ExpansionScope
  private var outcome = Outcome()
  private var places: [String: Int] = [:]
  /// Where the problems are, in the same order.
  private var problemPositions: [Int] = []
  /// Bytes of all values that were assigned so far, also of those that were replaced.
  private var sum = 0
  /// Bytes that references stood for so far, also where their values were not assigned: copying
  /// takes time in PID 1, which any user who may change the file could otherwise take from it.
  private var referenceSum = 0
  private var statements = 0
  /// The origin of an untrusted variable that the statement refers to.
  private var untrustedFile: String?

  /// Every faulty line is told, and the others count.
  package static func parse(
    _ bytes: [UInt8], _ scope: ExpansionScope
  ) -> Outcome {
    var parser = DotenvParser(bytes, scope)
    while parser.findStatement() {
      do throws(Failure) { try parser.statement() } catch {
        parser.complain(error.position, error.reason)
        parser.skipLine()
      }
    }
    parser.placeProblems()
    return parser.outcome
  }

  private init(_ bytes: [UInt8], _ scope: ExpansionScope) {
    self.scope = scope
    // A byte-order mark is what an editor left, and so are its line ends.
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    guard text.contains(13) else {
      self.bytes = Array(text)
      return
    }
    self.bytes = text.indices.filter { index in
      text[index] != 13 || index + 1 == text.endIndex || text[index + 1] != 10
    }.map { text[$0] }
  }

  var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// What the variable `name` stands for where a reference to it begins at `start`.
  mutating func value(of name: String, _ start: Int) throws(Failure) -> String? {
    let place = places[name]
    untrustedFile = untrustedFile ?? (place == nil ? scope.file(of: name) : outcome.untrusted[name])
    let value = place.map { outcome.variables[$0].value } ?? scope.variable(name)
    referenceSum += max(value?.utf8.count ?? 0, Self.referenceCost)
    guard referenceSum <= Self.longestSum else {
      position = bytes.count
      throw Failure(
        position: start,
        reason: "the references of this file stand for more than 2 MiB together; "
          + "each counts as 64 bytes or more")
    }
    return value
  }

  mutating func warn(_ place: Int, _ reason: String) {
    complain(place, reason, isWarning: true)
  }

  /// Of many only the first are told, but an error never goes untold behind warnings.
  private mutating func complain(_ place: Int, _ reason: String, isWarning: Bool = false) {
    let isLeftOut = outcome.problems.count >= Self.mostProblems
    guard !isLeftOut || (!isWarning && outcome.problems.allSatisfy(\.isWarning)) else { return }
    outcome.problems.append(Problem(line: 1, column: 1, reason: reason, isWarning: isWarning))
    problemPositions.append(min(place, bytes.count))
  }

  /// In one pass over the file, however many problems it has.
  private mutating func placeProblems() {
    var (line, start, counted) = (1, 0, 0)
    for index in problemPositions.indices.sorted(by: { problemPositions[$0] < problemPositions[$1] }
    ) {
      let position = problemPositions[index]
      while counted < position {
        counted += 1
        if bytes[counted - 1] == UInt8(ascii: "\n") { (line, start) = (line + 1, counted) }
      }
      outcome.problems[index].line = line
      outcome.problems[index].column = position - start + 1
    }
  }

  /// Over blank lines and comments; false at the end.
  private mutating func findStatement() -> Bool {
    while let byte = peek {
      if byte == UInt8(ascii: "#") {
        skipLine()
      } else if byte.isBlank {
        position += 1
      } else {
        return true
      }
    }
    return false
  }

  private mutating func skipLine() {
    while let byte = peek, byte != UInt8(ascii: "\n") { position += 1 }
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte.isBlank, byte != UInt8(ascii: "\n") { position += 1 }
  }

  private mutating func statement() throws(Failure) {
    untrustedFile = nil
    statements += 1
    guard statements <= Self.mostVariables else {
      let start = position
      position = bytes.count
      throw Failure(position: start, reason: "there are more than 10000 variables")
    }
    skipExport()
    let start = position
    while let byte = peek, byte.isDotenvName { position += 1 }
    let name = String(decoding: bytes[start..<position], as: UTF8.self)
    guard !name.isEmpty else {
      throw Failure(position: position, reason: "this is no NAME=value; write # before a comment")
    }
    skipBlanks()
    switch peek {
    case UInt8(ascii: "="), UInt8(ascii: ":"): position += 1
    // As Compose has it: the value is whatever the environment says.
    case nil, UInt8(ascii: "\n"): return
    default:
      throw Failure(position: position, reason: "after \(name) comes neither = nor the line's end")
    }
    try assign(name, start)
  }

  private mutating func skipExport() {
    let word = Array("export".utf8)
    let end = position + word.count
    guard end < bytes.count, bytes[position..<end].elementsEqual(word), bytes[end].isBlank,
      bytes[end] != UInt8(ascii: "\n")
    else { return }
    position = end
    skipBlanks()
  }

  private mutating func assign(_ name: String, _ start: Int) throws(Failure) {
    let value: [UInt8]
    let before = position
    skipBlanks()
    switch peek {
    case UInt8(ascii: "'"): value = try singleQuoted()
    case UInt8(ascii: "\""): value = try doubleQuoted()
    default: value = try unquoted(followsBlank: position > before)
    }
    let text = String(decoding: value, as: UTF8.self)
    guard !value.contains(0), text.utf8.elementsEqual(value) else {
      throw Failure(position: start, reason: "the value of \(name) is not UTF-8 text")
    }
    sum += value.count
    guard sum <= Self.longestSum else {
      position = bytes.count
      throw Failure(
        position: start, reason: "the values of this file are longer than 2 MiB together")
    }
    outcome.untrusted[name] = untrustedFile
    if let place = places[name] {
      outcome.variables[place].value = text
    } else {
      places[name] = outcome.variables.count
      outcome.variables.append(Variable(name, text))
    }
  }
}

/// The three ways to write a value.
extension DotenvParser {
  /// Up to the end of the line, or a `#` after a blank.
  private mutating func unquoted(followsBlank: Bool) throws(Failure) -> [UInt8] {
    var end = position
    var isAfterBlank = followsBlank
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") {
      if bytes[end] == UInt8(ascii: "#"), isAfterBlank { break }
      isAfterBlank = bytes[end].isBlank
      end += 1
    }
    let rest = end
    while end > position, bytes[end - 1].isBlank { end -= 1 }
    var value: [UInt8] = []
    try expand(into: &value, upTo: nil, limit: end, isQuoted: false, depth: 0)
    position = rest
    return value
  }

  /// Literal, but for `\'`.
  private mutating func singleQuoted() throws(Failure) -> [UInt8] {
    let start = position
    var value: [UInt8] = []
    position += 1
    while let byte = peek {
      position += 1
      if byte == UInt8(ascii: "'") {
        try endQuoted()
        return value
      }
      guard byte == UInt8(ascii: "\\"), let next = peek else {
        value.append(byte)
        continue
      }
      position += 1
      if next != UInt8(ascii: "'") { value.append(byte) }
      value.append(next)
    }
    throw unclosed(start)
  }

  private mutating func doubleQuoted() throws(Failure) -> [UInt8] {
    let start = position
    position += 1
    var value: [UInt8] = []
    try expand(
      into: &value, upTo: UInt8(ascii: "\""), limit: bytes.count, isQuoted: true, depth: 0)
    guard peek != nil else { throw unclosed(start) }
    position += 1
    try endQuoted()
    return value
  }

  /// A file whose quotation never ends has no further lines.
  private mutating func unclosed(_ start: Int) -> Failure {
    position = bytes.count
    return Failure(position: start, reason: "this quotation is never closed")
  }

  private mutating func endQuoted() throws(Failure) {
    skipBlanks()
    guard let byte = peek, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "#") else { return }
    throw Failure(
      position: position,
      reason: "text follows the closing quotation mark; write \\ before one inside the value")
  }
}

extension UInt8 {
  fileprivate var isDotenvName: Bool { isVariableName || ".-[]".utf8.contains(self) }
}
