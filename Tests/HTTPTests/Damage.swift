import Support

/// Pieces that a reader of HTTP may stumble over.
enum HTTPNoise {
  static let pieces = [
    "\r\n", "\n", "\r", "\r\n\r\n", ":", " ", "HTTP/1.1", "HTTP/2.0", "Content-Length: 7\r\n",
    "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n", "0\r\n\r\n", "-1", "\0", "%",
  ]
}

extension [UInt8] {
  /// Damage as on the way, or one of the pieces in the wrong place.
  mutating func damage(_ pieces: [String], _ random: inout SplitMix64) {
    guard random.next() % 2 == 0 else { return Mutation.apply(to: &self, &random) }
    let piece = pieces[Int(random.next() % UInt64(pieces.count))]
    insert(contentsOf: Array(piece.utf8), at: Int(random.next() % UInt64(count + 1)))
  }
}
