internal import SuperviseCore

/// PostgreSQL: a StartupMessage, and the first answer. A request for a password or a refusal of our
/// user means that it takes logins; while it starts up, recovers or shuts down it says 57P03, and
/// 53300 when it has no connection to spare (to those it trusts only after the login).
///
/// Source: PostgreSQL documentation, Frontend/Backend Protocol (message formats), and Appendix A
/// (error codes).
package struct PostgresStartup: Conversation {
  private var inbox: [UInt8] = []
  private var isLoggedIn = false

  /// What libpq takes for an error message at most; a longer one is of a server before 7.4's
  /// protocol.
  private static let longestMessage = 30_000
  private static let ready = "takes logins"
  private static let terminate: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 4]

  package init() {}

  package var awaited: String { "answer to a login" }
  package var settled: String? { isLoggedIn ? Self.ready : nil }

  package var opening: [UInt8] {
    let version = 3 << 16
    var payload = version.bigEndianBytes(4)
    for word in ["user", "entrypoint", "database", "postgres"] { payload += Array(word.utf8) + [0] }
    payload.append(0)
    return (payload.count + 4).bigEndianBytes(4) + payload
  }

  package mutating func receive(_ bytes: [UInt8]) -> Reply {
    inbox += bytes
    while true {
      var reader = WireReader(inbox)
      guard let type = reader.byte() else { return .wait }
      guard "RENvSKZ".utf8.contains(type) else { return .notSpeaking("PostgreSQL") }
      guard let length = reader.bigEndian(4) else { return .wait }
      guard (4...Self.longestMessage).contains(length) else { return lengthless(type) }
      guard let payload = reader.take(length - 4) else { return .wait }
      if let reply = judge(type, payload) { return reply }
      inbox = Array(reader.rest)
    }
  }

  /// nil for what decides nothing yet: a notice, the news that our protocol is old, a login that
  /// may still be undone.
  private mutating func judge(_ type: UInt8, _ payload: ArraySlice<UInt8>) -> Reply? {
    switch type {
    case UInt8(ascii: "R"):
      var reader = WireReader(payload)
      guard let request = reader.bigEndian(4) else { return .notSpeaking("PostgreSQL") }
      isLoggedIn = request == 0
      // To leave without a word is what the server expects of whoever has no password.
      return isLoggedIn ? nil : .passed(Self.ready)
    case UInt8(ascii: "E"): return refused(payload)
    case UInt8(ascii: "N"), UInt8(ascii: "v"): return nil
    default:
      guard isLoggedIn else { return .notSpeaking("PostgreSQL") }
      return .over(.passed(Self.ready), farewell: Self.terminate)
    }
  }

  private func refused(_ payload: ArraySlice<UInt8>) -> Reply {
    let fields = Self.fields(payload)
    guard let code = fields.code, let message = fields.message else {
      return .notSpeaking("PostgreSQL")
    }
    // 57P: starting up, shutting down, crashed; 53: out of connections, memory or disk.
    let preventsAnyLogin = code.hasPrefix("57P") || code.hasPrefix("53")
    return preventsAnyLogin ? .failed("\(message) (\(code))") : .passed(Self.ready)
  }

  private static func fields(_ payload: ArraySlice<UInt8>) -> (code: String?, message: String?) {
    var reader = WireReader(payload)
    var found: (code: String?, message: String?) = (nil, nil)
    while let type = reader.byte(), type != 0, let text = reader.terminated() {
      if type == UInt8(ascii: "C") { found.code = text.printable }
      if type == UInt8(ascii: "M") { found.message = text.printable }
    }
    return found
  }

  /// Where it cannot even start a process for us, it sends `E` and a bare text with a zero at its
  /// end.
  private func lengthless(_ type: UInt8) -> Reply {
    guard type == UInt8(ascii: "E") else { return .notSpeaking("PostgreSQL") }
    var reader = WireReader(inbox.dropFirst())
    let text = reader.terminated()
    guard text?.count ?? inbox.count <= Self.longestMessage else {
      return .notSpeaking("PostgreSQL")
    }
    return text.map { .failed($0.printable) } ?? .wait
  }
}
