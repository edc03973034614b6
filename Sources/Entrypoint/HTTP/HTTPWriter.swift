/// Messages as bytes: RFC 9112.
package enum HTTPWriter {
  /// A request of a client. Content-Length is added where there is a body or one is expected.
  package static func request(_ head: HTTPRequestHead, body: [UInt8] = []) -> [UInt8] {
    var bytes = Array("\(head.method) \(head.target) \(head.version.rawValue)\r\n".utf8)
    var fields = head.fields
    if !body.isEmpty || ["POST", "PUT"].contains(head.method) {
      fields.append("Content-Length", String(body.count))
    }
    bytes.append(fields)
    return bytes + body
  }

  /// A response with its whole body, whose length is said. To HEAD the body is left out.
  package static func response(
    _ head: HTTPResponseHead, body: [UInt8], toMethod method: String
  ) -> [UInt8] {
    var head = head
    head.fields.append("Content-Length", String(body.count))
    let bytes = self.head(head)
    return method == "HEAD" ? bytes : bytes + body
  }

  /// A head alone, when the body comes in pieces.
  package static func head(_ head: HTTPResponseHead) -> [UInt8] {
    var bytes = Array("\(head.version.rawValue) \(head.status) \(head.reason)\r\n".utf8)
    bytes.append(head.fields)
    return bytes
  }

  /// One piece of a chunked body; nothing for an empty one, which would mean the end.
  package static func chunk(_ piece: ArraySlice<UInt8>) -> [UInt8] {
    guard !piece.isEmpty else { return [] }
    return Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
  }

  package static let lastChunk = Array("0\r\n\r\n".utf8)

  /// To a client that waits before it sends its body.
  package static let proceed = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

extension [UInt8] {
  /// With the empty line at the end. A line end inside a value would begin a field of somebody
  /// else's making, so it becomes a blank.
  fileprivate mutating func append(_ fields: HTTPFields) {
    for field in fields.all {
      append(contentsOf: field.name.utf8)
      append(contentsOf: [UInt8(ascii: ":"), 32])
      append(contentsOf: field.value.utf8.map { $0 < 32 || $0 == 127 ? 32 : $0 })
      append(contentsOf: [13, 10])
    }
    append(contentsOf: [13, 10])
  }
}
