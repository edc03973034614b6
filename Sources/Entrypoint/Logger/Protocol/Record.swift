/// How the records between PID 1 and its roles are laid out: numbers little-endian in eight bytes,
/// texts and bytes after their length.
extension [UInt8] {
  package mutating func put(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  /// At most 4096 bytes of it: no name or path is longer.
  package mutating func put(_ text: String) { put(bytes: Array(text.utf8.prefix(4096))[...]) }

  package mutating func put(bytes: ArraySlice<UInt8>) {
    put(UInt64(bytes.count))
    self += bytes
  }
}

/// Reads a record from its beginning; each question is nil where the record does not answer it.
package struct RecordCursor {
  private var rest: ArraySlice<UInt8>

  package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  package var isAtEnd: Bool { rest.isEmpty }

  package mutating func byte() -> UInt8? { rest.popFirst() }

  package mutating func number() -> UInt64? {
    guard rest.count >= 8 else { return nil }
    defer { rest = rest.dropFirst(8) }
    return rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number of 32 bits.
  package mutating func small() -> UInt32? { number().flatMap { UInt32(exactly: $0) } }

  package mutating func bytes() -> ArraySlice<UInt8>? {
    guard let length = number(), length <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(length)) }
    return rest.prefix(Int(length))
  }

  package mutating func text() -> String? { bytes().map { String(decoding: $0, as: UTF8.self) } }
}
