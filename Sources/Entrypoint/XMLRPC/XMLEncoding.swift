internal import HTTP

/// The encodings a document may declare. PHP's xmlrpc functions say iso-8859-1 unless told
/// otherwise; everybody else sends UTF-8.
enum XMLEncoding {
  /// The document in UTF-8, without a byte-order mark.
  static func decode(_ document: [UInt8]) throws(XMLRPCProblem) -> [UInt8] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let document = document.starts(with: mark) ? Array(document.dropFirst(3)) : document
    guard let name = declared(document) else { return document }
    if ["utf-8", "utf8", "us-ascii", "ascii"].contains(name) { return document }
    guard ["iso-8859-1", "latin-1", "latin1"].contains(name) else {
      throw XMLRPCProblem("an encoding other than UTF-8")
    }
    return document.flatMap { $0 < 0x80 ? [$0] : [0xC0 | $0 >> 6, 0x80 | $0 & 0x3F] }
  }

  /// In lower case, out of `<?xml version="1.0" encoding="…"?>`.
  private static func declared(_ document: [UInt8]) -> String? {
    guard document.starts(with: "<?xml".utf8) else { return nil }
    let declaration = document.prefix(256).prefix { $0 != UInt8(ascii: ">") }
    let word = Array("encoding".utf8)
    guard
      let start = declaration.indices.first(where: { declaration[$0...].starts(with: word) })
    else { return nil }
    let isQuote: (UInt8) -> Bool = { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
    let value = declaration[start...].drop { !isQuote($0) }.dropFirst().prefix { !isQuote($0) }
    return String(decoding: value.map(\.lowercasedASCII), as: UTF8.self)
  }
}
