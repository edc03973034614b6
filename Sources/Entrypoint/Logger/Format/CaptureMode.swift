/// supervisord's capture mode: what a program writes between two tokens is not logged, but
/// delivered as one event when the second token comes.
///
/// supervisord looks at output only once it is longer than a token, so that a short line may stay
/// unlogged for ever. Here nothing is held back but the beginning of a token.
struct CaptureMode {
  enum Piece: Equatable {
    case text([UInt8])
    /// Written within the tokens; not to be logged.
    case captured([UInt8])
    /// The second token: all that counts of what was captured.
    case complete([UInt8])
  }

  static let beginning = Array("<!--XSUPERVISOR:BEGIN-->".utf8)
  static let end = Array("<!--XSUPERVISOR:END-->".utf8)
  /// Whatever was configured: it is memory of ours that a program fills.
  static let mostBytes: UInt64 = 64 << 20

  private let maximum: Int
  private var isCapturing = false
  private var captured: [UInt8] = []
  private var hasLostItsFront = false
  /// How much of the token that is looked for has been seen at the end of the last piece.
  private var matched = 0

  init(maximum: UInt64) { self.maximum = Int(min(maximum, CaptureMode.mostBytes)) }

  private var token: [UInt8] { isCapturing ? CaptureMode.end : CaptureMode.beginning }

  /// In both tokens `<` stands at the beginning and nowhere else: after a mismatch only the byte
  /// at hand can begin a token.
  mutating func take(_ bytes: ArraySlice<UInt8>, into pieces: inout [Piece]) {
    var carried = matched
    var plain = bytes.startIndex
    var position = bytes.startIndex
    while position < bytes.endIndex {
      if matched == 0 {
        guard let next = bytes[position...].firstIndex(of: token[0]) else { break }
        matched = 1
        position = next + 1
      } else if bytes[position] != token[matched] {
        pass(token[..<min(carried, matched)], into: &pieces)
        (matched, carried) = (0, 0)
      } else {
        matched += 1
        position += 1
        guard matched == token.count else { continue }
        pass(bytes[plain..<(position - (matched - carried))], into: &pieces)
        toggle(into: &pieces)
        (matched, carried, plain) = (0, 0, position)
      }
    }
    pass(bytes[plain..<(bytes.endIndex - (matched - carried))], into: &pieces)
  }

  /// The end of the stream, or of its process: half a token is text, half a capture is nothing.
  mutating func finish(into pieces: inout [Piece]) {
    pass(token[..<matched], into: &pieces)
    matched = 0
    isCapturing = false
    forget()
  }

  private mutating func pass(_ bytes: ArraySlice<UInt8>, into pieces: inout [Piece]) {
    guard !bytes.isEmpty else { return }
    guard isCapturing else { return pieces.append(.text(Array(bytes))) }
    pieces.append(.captured(Array(bytes)))
    captured += bytes
    // Not at every byte too many: moving a large buffer costs.
    if captured.count > 2 * maximum { dropFront() }
  }

  private mutating func toggle(into pieces: inout [Piece]) {
    defer { isCapturing.toggle() }
    guard isCapturing else { return }
    if captured.count > maximum { dropFront() }
    pieces.append(.complete(wholeCharacters()))
    forget()
  }

  private mutating func dropFront() {
    captured = Array(captured.suffix(maximum))
    hasLostItsFront = true
  }

  /// Not beginning within a character that has lost its first byte.
  private func wholeCharacters() -> [UInt8] {
    guard hasLostItsFront else { return captured }
    let torn = captured.prefix(3).prefix { $0 & 0xC0 == 0x80 }
    return Array(captured.dropFirst(torn.count))
  }

  private mutating func forget() {
    captured = []
    hasLostItsFront = false
  }
}
