/// A response in two halves, for a text between them that is too long to be kept: it is sent piece
/// by piece, in the place of the first string of the value, which is empty.
package struct XMLRPCFrame: Sendable {
  package let before: [UInt8]
  package let after: [UInt8]

  package init(around value: XMLRPCValue) {
    let document = XMLRPCResponse.value(value).encoded
    let mark = Array("<string>".utf8)
    let start = document.indices.first { document[$0...].starts(with: mark) }
    let place = start.map { $0 + mark.count } ?? document.endIndex
    before = Array(document[..<place])
    after = Array(document[place...])
  }

  /// A piece as it stands between them. It neither begins nor ends inside a character.
  package func escaped(_ piece: String) -> [UInt8] {
    var writer = XMLWriter()
    writer.escape(piece)
    return writer.bytes
  }
}
