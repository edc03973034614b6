/// Records as bytes: a kind, then its texts, each with a NUL behind it, which no text of a
/// configuration can hold. A record that does not read to its very end is no message.
extension GatewayMessage {
  /// No record is longer: four texts of at most 4 KiB.
  package static let longest = 20 << 10
  private static let longestText = 4 << 10

  package var encoded: [UInt8] {
    switch self {
    case .serve(let listener):
      let kind = listener.isUnix ? "unix" : "inet"
      return record(1, [kind, listener.name, listener.username, listener.password])
    case .identity(let identifier, let version): return record(2, [identifier, version])
    case .finish: return record(3, [])
    case .request: return record(4, [])
    }
  }

  private func record(_ kind: UInt8, _ texts: [String]) -> [UInt8] {
    texts.reduce(into: [kind]) { bytes, text in
      bytes += text.utf8.prefix(GatewayMessage.longestText).filter { $0 != 0 } + [0]
    }
  }

  /// nil for what is no message.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard let kind = bytes.first, bytes.count == 1 || bytes.last == 0 else { return nil }
    let texts = bytes.dropFirst().dropLast().split(separator: 0, omittingEmptySubsequences: false)
    let words = bytes.count == 1 ? [] : texts.map { String(decoding: $0, as: UTF8.self) }
    switch (kind, words.count) {
    case (1, 4) where ["unix", "inet"].contains(words[0]):
      self = .serve(
        GatewayListener(
          name: words[1], isUnix: words[0] == "unix", username: words[2], password: words[3]))
    case (2, 2): self = .identity(identifier: words[0], version: words[1])
    case (3, 0): self = .finish
    case (4, 0): self = .request
    default: return nil
    }
  }
}
