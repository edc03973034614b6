/// Escapes and references within a value.
extension DotenvParser {
  private static let deepest = 16

  /// Up to `ending`, which is not taken, or to `limit`.
  mutating func expand(
    into value: inout [UInt8], upTo ending: UInt8?, limit: Int, isQuoted: Bool, depth: Int
  ) throws(Failure) {
    let start = position
    while position < limit, bytes[position] != ending {
      switch bytes[position] {
      case UInt8(ascii: "\\"): value.append(escape(limit, isQuoted))
      case UInt8(ascii: "$"): try reference(into: &value, limit, isQuoted, depth)
      // Within ${…} of a quotation that ends here.
      case UInt8(ascii: "\"") where isQuoted: return
      default:
        value.append(bytes[position])
        position += 1
      }
      guard value.count <= Self.longestValue else {
        throw Failure(position: start, reason: "the value is longer than 127 KiB")
      }
    }
  }

  private mutating func escape(_ limit: Int, _ isQuoted: Bool) -> UInt8 {
    let backslash = bytes[position]
    position += 1
    guard position < limit, let meant = meaning(of: bytes[position], isQuoted) else {
      return backslash
    }
    position += 1
    return meant
  }

  private func meaning(of byte: UInt8, _ isQuoted: Bool) -> UInt8? {
    if byte == UInt8(ascii: "$") { return byte }
    guard isQuoted else { return nil }
    switch byte {
    case UInt8(ascii: "n"): return 10
    case UInt8(ascii: "r"): return 13
    case UInt8(ascii: "t"): return 9
    case UInt8(ascii: "a"): return 7
    case UInt8(ascii: "b"): return 8
    case UInt8(ascii: "f"): return 12
    case UInt8(ascii: "v"): return 11
    case UInt8(ascii: "\\"), UInt8(ascii: "\""): return byte
    default: return nil
    }
  }

  private mutating func reference(
    into value: inout [UInt8], _ limit: Int, _ isQuoted: Bool, _ depth: Int
  ) throws(Failure) {
    let start = position
    position += 1
    guard position < limit else { return value.append(UInt8(ascii: "$")) }
    switch bytes[position] {
    case UInt8(ascii: "$"):
      position += 1
      value.append(UInt8(ascii: "$"))
    case UInt8(ascii: "{"):
      position += 1
      value += try braced(start, limit, isQuoted, depth + 1)
    default:
      // As in a password: a $ before anything else is itself.
      let word = name(limit)
      guard !word.isEmpty else { return value.append(UInt8(ascii: "$")) }
      value += try found(word, start)
    }
  }

  private mutating func name(_ limit: Int) -> String {
    let start = position
    if position < limit, bytes[position].isDigit { return "" }
    while position < limit, bytes[position].isVariableName { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func found(_ name: String, _ place: Int) throws(Failure) -> [UInt8] {
    if let value = try value(of: name, place) { return Array(value.utf8) }
    if skipped == 0 {
      warn(place, "\(name) is not set and counts as empty; write ${\(name):-} where it may be")
    }
    return []
  }

  private mutating func braced(
    _ start: Int, _ limit: Int, _ isQuoted: Bool, _ depth: Int
  ) throws(Failure) -> [UInt8] {
    let name = name(limit)
    guard !name.isEmpty else {
      throw Failure(position: start, reason: "there is no name in ${…}; write $$ for a literal $")
    }
    guard depth <= Self.deepest else {
      throw Failure(position: start, reason: "more than 16 references stand in each other")
    }
    if position < limit, bytes[position] == UInt8(ascii: "}") {
      position += 1
      return try found(name, start)
    }
    let valueBefore = try value(of: name, start)
    let coversEmpty = position < limit && bytes[position] == UInt8(ascii: ":")
    if coversEmpty { position += 1 }
    let isThere = valueBefore.map { !coversEmpty || !$0.isEmpty } ?? false
    let sign = position < limit ? bytes[position] : 0
    guard "-?+".utf8.contains(sign) else { throw malformed(name, start, limit) }
    position += 1
    let isWanted = sign == UInt8(ascii: "+") ? isThere : !isThere && sign == UInt8(ascii: "-")
    let wordStart = position
    let word = try word(start, limit, isQuoted, isWanted: isWanted, depth)
    if isWanted { return word }
    if sign == UInt8(ascii: "?"), !isThere, skipped == 0 {
      let message = String(decoding: bytes[wordStart..<(position - 1)], as: UTF8.self)
      throw Failure(
        position: start, reason: "\(name) is not set\(message.isEmpty ? "" : ": \(message)")")
    }
    return sign == UInt8(ascii: "+") ? [] : Array((valueBefore ?? "").utf8)
  }

  /// What stands behind the sign; the brace is taken.
  private mutating func word(
    _ start: Int, _ limit: Int, _ isQuoted: Bool, isWanted: Bool, _ depth: Int
  ) throws(Failure) -> [UInt8] {
    if !isWanted { skipped += 1 }
    defer { if !isWanted { skipped -= 1 } }
    var word: [UInt8] = []
    try expand(
      into: &word, upTo: UInt8(ascii: "}"), limit: limit, isQuoted: isQuoted, depth: depth)
    guard position < limit, bytes[position] == UInt8(ascii: "}") else {
      throw Failure(position: start, reason: "${ without }; write $$ for a literal $")
    }
    position += 1
    return word
  }

  private func malformed(_ name: String, _ start: Int, _ limit: Int) -> Failure {
    Failure(
      position: start,
      reason: position < limit
        ? "write ${\(name)}, ${\(name):-default}, ${\(name):?message} or ${\(name):+value}"
        : "${ without }; write $$ for a literal $")
  }
}

extension UInt8 {
  /// A letter, a digit or `_`.
  var isVariableName: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
