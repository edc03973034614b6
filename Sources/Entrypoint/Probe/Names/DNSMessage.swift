package import Linux

/// One question to a name server, and the reading of its answer.
///
/// Source: RFC 1035, sections 4.1 (message format) and 2.3.4 (limits); RFC 3596 (AAAA).
package struct DNSQuestion: Sendable, Equatable {
  package enum RecordType: Int, Sendable {
    case address = 1
    case address6 = 28
  }

  package let identifier: UInt16
  package let type: RecordType
  private let labels: [[UInt8]]

  /// nil for what cannot be a name: empty or overlong labels, or more than 255 bytes in all.
  package init?(_ name: String, _ type: RecordType, identifier: UInt16) {
    labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .map(Array.init)
    guard labels.allSatisfy({ (1...63).contains($0.count) }), name.utf8.count <= 253 else {
      return nil
    }
    self.type = type
    self.identifier = identifier
  }

  /// What is sent in one datagram, or over TCP after its length.
  package var message: [UInt8] {
    let recursionDesired = 0x0100
    let header = [Int(identifier), recursionDesired, 1, 0, 0, 0]
    return header.flatMap { $0.bigEndianBytes(2) } + section
  }

  private var section: [UInt8] {
    labels.flatMap { [UInt8($0.count)] + $0 } + [0] + type.rawValue.bigEndianBytes(2) + [0, 1]
  }
}

package enum DNSAnswer: Sendable, Equatable {
  /// Perhaps none: the name is known, but has no address of this kind.
  case addresses([NetworkAddress])
  case noSuchName
  /// Ask again over TCP.
  case truncated
  /// The server failed, or refused: its RCODE.
  case failure(Int)
}

extension DNSQuestion {
  /// nil when it is no answer to this question: somebody else's, or garbage.
  package func answer(in message: [UInt8]) -> DNSAnswer? {
    var reader = WireReader(message)
    guard reader.bigEndian(2) == Int(identifier), let flags = reader.bigEndian(2),
      flags & 0x8000 != 0, reader.bigEndian(2) == 1, let answers = reader.bigEndian(2),
      reader.take(4) != nil, let question = reader.take(section.count),
      question.elementsEqual(section, by: Self.sameLetter)
    else { return nil }
    switch flags & 0xF {
    case 0: break
    case 3: return .noSuchName
    case let code: return .failure(code)
    }
    guard flags & 0x0200 == 0 else { return .truncated }
    return addresses(answers, &reader).map { .addresses($0) }
  }

  /// Of every name in the answer: the way from ours to theirs is the server's business (CNAME).
  private func addresses(_ count: Int, _ reader: inout WireReader) -> [NetworkAddress]? {
    var found: [NetworkAddress] = []
    for _ in 0..<count {
      guard Self.skipName(&reader), let type = reader.bigEndian(2), let kind = reader.bigEndian(2),
        reader.take(4) != nil, let length = reader.bigEndian(2), let content = reader.take(length)
      else { return nil }
      guard type == self.type.rawValue, kind == 1 else { continue }
      guard content.count == (self.type == .address ? 4 : 16),
        let address = NetworkAddress(bytes: content)
      else { return nil }
      found.append(address)
    }
    return found
  }

  /// Labels up to the empty one, or to a pointer, which ends a name.
  private static func skipName(_ reader: inout WireReader) -> Bool {
    while let length = reader.byte() {
      if length == 0 { return true }
      if length & 0xC0 == 0xC0 { return reader.byte() != nil }
      guard length & 0xC0 == 0, reader.take(Int(length)) != nil else { return false }
    }
    return false
  }

  private static func sameLetter(_ left: UInt8, _ right: UInt8) -> Bool {
    lowercase(left) == lowercase(right)
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
