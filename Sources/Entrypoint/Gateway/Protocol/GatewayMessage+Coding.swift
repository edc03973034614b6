/// Records as bytes: a kind, then its texts, each with a NUL behind it, which no text of a
/// configuration can hold. A record that does not read to its very end is no message.
extension GatewayMessage {
  /// No record is longer: six texts of at most 4 KiB.
  package static let longest = 28 << 10
  private static let longestText = 4 << 10

  package var encoded: [UInt8] {
    switch self {
    case .serve(let listener):
      let login = listener.login
      return record(
        1,
        [
          listener.isUnix ? "unix" : "inet", listener.name, login == nil ? "open" : "basic",
          login?.username ?? "", login?.password ?? "",
          listener.allowedHosts.joined(separator: ","),
        ])
    case .identity(let identity):
      let name = identity.isSupervisord ? "supervisord" : "entrypoint"
      return record(2, [identity.identifier, identity.version, identity.hostName, name])
    case .finish: return record(3, [])
    case .request(let origin, let number):
      let isKnown = origin.username != nil
      return record(
        4,
        origin.peer.words + [isKnown ? "as" : "open", origin.username ?? "", String(number)])
    case .report(let report):
      return record(
        5, report.peer.words + [report.kind.rawValue, report.text, String(report.repetitions)])
    case .stream(let number): return record(6, [String(number)])
    case .noStream(let number): return record(7, [String(number)])
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
    case (1, 6): self.init(listener: words)
    case (2, 4) where ["supervisord", "entrypoint"].contains(words[3]):
      self = .identity(
        GatewayIdentity(
          identifier: words[0], version: words[1], hostName: words[2],
          isSupervisord: words[3] == "supervisord"))
    case (3, 0): self = .finish
    case (4, 5): self.init(request: words)
    case (5, 5): self.init(report: words)
    case (6, 1), (7, 1): self.init(kind, number: words[0])
    default: return nil
    }
  }

  private init?(listener words: [String]) {
    guard ["unix", "inet"].contains(words[0]), ["open", "basic"].contains(words[2]) else {
      return nil
    }
    var listener = GatewayListener(name: words[1], isUnix: words[0] == "unix")
    if words[2] == "basic" { listener.login = .init(username: words[3], password: words[4]) }
    listener.allowedHosts = words[5].utf8.split(separator: UInt8(ascii: ",")).map {
      String(Substring($0))
    }
    self = .serve(listener)
  }

  private init?(request words: [String]) {
    guard let peer = GatewayOrigin.Peer(words[0], words[1]), ["as", "open"].contains(words[2]),
      let number = UInt64(words[4])
    else { return nil }
    let username = words[2] == "as" ? words[3] : nil
    self = .request(GatewayOrigin(peer: peer, username: username), number: number)
  }

  private init?(_ kind: UInt8, number word: String) {
    guard let number = UInt64(word) else { return nil }
    self = kind == 6 ? .stream(number: number) : .noStream(number: number)
  }

  private init?(report words: [String]) {
    guard let peer = GatewayOrigin.Peer(words[0], words[1]),
      let kind = GatewayReport.Kind(rawValue: words[2]), let repetitions = Int(words[4]),
      repetitions >= 0
    else { return nil }
    self = .report(
      GatewayReport(kind: kind, peer: peer, text: words[3], repetitions: repetitions))
  }
}

extension GatewayOrigin.Peer {
  fileprivate var words: [String] {
    switch self {
    case .address(let address): ["address", address]
    case .user(let user): ["user", String(user)]
    }
  }

  fileprivate init?(_ kind: String, _ word: String) {
    switch kind {
    case "address": self = .address(word)
    case "user":
      guard let user = UInt32(word) else { return nil }
      self = .user(user)
    default: return nil
    }
  }
}
