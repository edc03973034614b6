/// Takes numbers and texts off the front of received bytes; nil wherever there are too few.
struct WireReader {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(bytes) }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func byte() -> UInt8? { take(1)?.first }

  /// At most four bytes, the last the highest.
  mutating func littleEndian(_ count: Int) -> Int? {
    take(count)?.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// At most four bytes, the first the highest.
  mutating func bigEndian(_ count: Int) -> Int? {
    take(count)?.reduce(0) { $0 << 8 | Int($1) }
  }

  /// Up to a zero byte, which is taken too.
  mutating func terminated() -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: 0) else { return nil }
    defer { rest = rest[(end + 1)...] }
    return rest[..<end]
  }
}

extension Int {
  /// The lowest `count` bytes, the highest first.
  func bigEndianBytes(_ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }

  /// The lowest `count` bytes, the lowest first.
  func littleEndianBytes(_ count: Int) -> [UInt8] { bigEndianBytes(count).reversed() }
}

extension Sequence<UInt8> {
  /// A server's own words, fit for one line of a log or terminal: no control characters, which
  /// could forge a line or steer the terminal, and of a bounded length.
  var printable: String { printable(limit: 300) }

  func printable(limit: Int) -> String {
    let safe = prefix(limit).map { $0 < 32 || $0 == 127 ? UInt8(ascii: " ") : $0 }
    let scalars = String(decoding: safe, as: UTF8.self).unicodeScalars.filter {
      !(0x80...0x9F).contains($0.value)
    }
    let words = String(String.UnicodeScalarView(scalars)).split(separator: " ")
    return words.joined(separator: " ")
  }
}
