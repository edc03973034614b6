/// Takes values off the front of an input, so that libFuzzer's mutations of bytes become mutations
/// of values. An input that is too short yields zeros and empty texts.
struct Draw {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func flag() -> Bool { byte() & 1 == 1 }

  /// 0 up to `count` - 1.
  mutating func index(below count: Int) -> Int { count > 0 ? Int(byte()) % count : 0 }

  mutating func element<Element>(of elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[index(below: elements.count)]
  }

  /// Small numbers and the borders of the type are as likely as all others.
  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    switch byte() % 4 {
    case 0: return Number(truncatingIfNeeded: byte())
    case 1: return Number.max - Number(truncatingIfNeeded: byte() & 3)
    case 2: return Number.min &+ Number(truncatingIfNeeded: byte() & 3)
    default:
      var number: UInt64 = 0
      for _ in 0..<(Number.bitWidth / 8) { number = number << 8 | UInt64(byte()) }
      return Number(truncatingIfNeeded: number)
    }
  }

  mutating func bytes(atMost most: Int) -> [UInt8] {
    let length = min(Int(byte()) << (byte() & 1 == 1 ? 6 : 0), most, rest.count)
    defer { rest = rest.dropFirst(length) }
    return Array(rest.prefix(length))
  }

  /// Bytes that are not UTF-8 become U+FFFD; the text has at most `most` bytes, and no NUL, which
  /// no text of a configuration can contain.
  mutating func text(atMost most: Int = 4096) -> String {
    let text = String(decoding: bytes(atMost: most).filter { $0 != 0 }, as: UTF8.self)
    return text.utf8.count <= most ? text : ""
  }

  mutating func list<Element>(atMost most: Int, _ element: (inout Draw) -> Element) -> [Element] {
    (0..<index(below: most + 1)).map { _ in element(&self) }
  }
}

/// Ways in which a stream may arrive: whole, byte by byte, and in pieces of random lengths that the
/// input itself determines. A long input is not taken byte by byte: readers that search what they
/// have from its beginning need quadratic time for that.
enum Pieces {
  static func ways(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    guard bytes.count <= 2048 else { return [[bytes[...]], random(bytes)] }
    let single = bytes.indices.map { bytes[$0...$0] }
    return [[bytes[...]], single, random(bytes)]
  }

  private static func random(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    // FNV-1a of the input, then xorshift.
    var state = bytes.reduce(14_695_981_039_346_656_037 as UInt64) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    var pieces: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let limit: UInt64 = state & 1 == 0 ? 8 : 200
      let piece = rest.prefix(1 + Int((state >> 8) % limit))
      pieces.append(piece)
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }
}

extension Violation {
  /// Throws unless `run` returns the same for each way in which the bytes may arrive.
  static func unlessSame<Result: Equatable>(
    _ bytes: [UInt8], _ what: String, _ run: ([ArraySlice<UInt8>]) throws(Violation) -> Result
  ) throws(Violation) -> Result {
    let ways = Pieces.ways(bytes)
    let whole = try run(ways[0])
    for way in ways.dropFirst() {
      let found = try run(way)
      guard found == whole else {
        throw Violation(
          "\(what): in \(way.count) pieces \(found), in one piece \(whole)")
      }
    }
    return whole
  }
}
