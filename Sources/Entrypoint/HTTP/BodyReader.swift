/// Takes the body of a response out of the stream: by its length, by chunks, or until the
/// connection ends (RFC 9112 sections 6 and 7).
struct BodyReader: Sendable {
  enum Piece: Equatable {
    case piece([UInt8])
    case needsMore
    case malformed
    case end
  }

  private enum Framing {
    case length(Int)
    case connection
    case chunkSize
    case chunk(left: Int)
    case chunkEnd
    case trailer(lines: Int)
  }

  private static let largestPiece = 64 << 10
  /// Of the size with its extensions, and of a trailer.
  private static let longestLine = 4 << 10
  private static let mostTrailers = 32
  private var framing: Framing

  /// nil where it cannot be told where the body ends.
  init?(_ head: HTTPResponseHead, _ method: String) {
    let lengths = head.fields.values("Content-Length")
    if method == "HEAD" || head.status == 204 || head.status == 304 {
      framing = .length(0)
    } else if head.fields["Transfer-Encoding"] != nil {
      guard head.fields.list("Transfer-Encoding", has: "chunked") else { return nil }
      framing = .chunkSize
    } else if let first = lengths.first {
      guard lengths.allSatisfy({ $0 == first }), let length = first.utf8.decimalNumber() else {
        return nil
      }
      framing = .length(length)
    } else {
      framing = .connection
    }
  }

  var endsWithConnection: Bool {
    guard case .connection = framing else { return false }
    return true
  }

  mutating func next(_ inbox: inout LineBuffer) -> Piece {
    while true {
      let piece: Piece?
      switch framing {
      case .length(0): piece = .end
      case .length(let left): piece = take(left, &inbox) { .length($0) }
      case .connection: piece = take(.max, &inbox) { _ in .connection }
      case .chunkSize: piece = readSize(&inbox)
      case .chunk(0): piece = enter(.chunkEnd)
      case .chunk(let left): piece = take(left, &inbox) { .chunk(left: $0) }
      case .chunkEnd: piece = readChunkEnd(&inbox)
      case .trailer(let lines): piece = readTrailer(lines, &inbox)
      }
      if let piece { return piece }
    }
  }

  private mutating func enter(_ next: Framing) -> Piece? {
    framing = next
    return nil
  }

  private mutating func take(
    _ left: Int, _ inbox: inout LineBuffer, _ rest: (Int) -> Framing
  ) -> Piece? {
    let bytes = inbox.takeUpTo(min(left, BodyReader.largestPiece))
    guard !bytes.isEmpty else { return .needsMore }
    framing = rest(left - bytes.count)
    return .piece(bytes)
  }

  private mutating func readSize(_ inbox: inout LineBuffer) -> Piece? {
    switch inbox.line(limit: BodyReader.longestLine) {
    case .incomplete: return .needsMore
    case .tooLong: return .malformed
    case .line(let line):
      let digits = line.prefix { $0 != UInt8(ascii: ";") }.trimmed
      guard !digits.isEmpty, digits.count <= 8 else { return .malformed }
      var size = 0
      for digit in digits {
        guard let value = digit.hexadecimalValue else { return .malformed }
        size = size << 4 | Int(value)
      }
      return enter(size == 0 ? .trailer(lines: 0) : .chunk(left: size))
    }
  }

  private mutating func readChunkEnd(_ inbox: inout LineBuffer) -> Piece? {
    switch inbox.line(limit: 1) {
    case .incomplete: .needsMore
    case .line(let line) where line.isEmpty: enter(.chunkSize)
    case .line, .tooLong: .malformed
    }
  }

  private mutating func readTrailer(_ lines: Int, _ inbox: inout LineBuffer) -> Piece? {
    switch inbox.line(limit: BodyReader.longestLine) {
    case .incomplete: return .needsMore
    case .line(let line) where line.isEmpty: return enter(.length(0))
    case .line where lines < BodyReader.mostTrailers: return enter(.trailer(lines: lines + 1))
    case .line, .tooLong: return .malformed
    }
  }
}
