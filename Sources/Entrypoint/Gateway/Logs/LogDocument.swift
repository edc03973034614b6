internal import Linux
internal import XMLRPC

/// The answer to a call for a log that is too long to be kept: read from the file as the client
/// fetches it. Rotation changes nothing, the file is still the same; where it is cut off meanwhile
/// the text ends sooner.
final class LogDocument {
  /// In one piece: a thousand clients may have one each that they do not fetch.
  private static let largestPiece = 32 << 10
  private let log: Int32
  private var rest: Range<Int>
  private let frame: XMLRPCFrame
  private var hasEnded = false

  /// Takes the descriptor over.
  init?(_ excerpt: LogExcerpt) {
    guard let log = excerpt.log else { return nil }
    self.log = log
    rest = excerpt.range
    frame = XMLRPCFrame(around: excerpt.value(""))
  }

  deinit { closeDescriptor(log) }

  var head: [UInt8] { frame.before }

  /// nil when everything has been said.
  func next() -> [UInt8]? {
    guard !hasEnded else { return nil }
    let wanted = rest.prefix(LogDocument.largestPiece)
    let bytes = LogText.bytes(log, wanted)
    guard !bytes.isEmpty else {
      hasEnded = true
      return frame.after
    }
    let isLast = bytes.count < wanted.count || wanted.count == rest.count
    let piece = isLast ? bytes[...] : bytes[...].withoutTornCharacter
    rest = (rest.lowerBound + piece.count)..<rest.upperBound
    return frame.escaped(String(decoding: piece, as: UTF8.self))
  }
}

extension ArraySlice<UInt8> {
  /// Without a character of UTF-8 at the end whose last bytes are still to come.
  fileprivate var withoutTornCharacter: ArraySlice<UInt8> {
    guard let start = suffix(3).lastIndex(where: { $0 >= 0xC0 }) else { return self }
    let length = self[start] < 0xE0 ? 2 : self[start] < 0xF0 ? 3 : 4
    return endIndex - start < length ? self[..<start] : self
  }
}
