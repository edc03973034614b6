/// Bytes that have come and have not been understood yet, taken by lines or by number. Each byte
/// is looked at once, however small the pieces are that it comes in.
struct LineBuffer: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0
  private var searched = 0

  enum Line: Equatable {
    /// Without its end, which is CR LF or, as RFC 9112 section 2.2 lets us, LF alone.
    case line(ArraySlice<UInt8>)
    case incomplete
    case tooLong
  }

  var count: Int { bytes.count - start }

  mutating func append(_ more: ArraySlice<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      searched -= start
      start = 0
    }
    bytes += more
  }

  mutating func line(limit: Int) -> Line {
    guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = bytes.count
      // The CR of a line end counts for nothing here either, though the LF has not come yet.
      let length = bytes.last == UInt8(ascii: "\r") ? count - 1 : count
      return length > limit ? .tooLong : .incomplete
    }
    defer {
      start = end + 1
      searched = start
    }
    var line = bytes[start..<end]
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    return line.count > limit ? .tooLong : .line(line)
  }

  /// Exactly that many, or nil while they have not all come.
  mutating func take(_ wanted: Int) -> [UInt8]? {
    guard count >= wanted else { return nil }
    return takeUpTo(wanted)
  }

  mutating func takeUpTo(_ most: Int) -> [UInt8] {
    let end = start + min(most, count)
    defer {
      start = end
      searched = end
      if start == bytes.count { self = LineBuffer() }
    }
    return Array(bytes[start..<end])
  }
}
