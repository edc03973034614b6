internal import ProgramSpec
internal import SuperviseCore

/// MySQL and MariaDB: the server speaks first, and its greeting (protocol 10) says that it is
/// ready; an error in its place (1040 too many connections, 1129 host blocked) says that it is not.
///
/// Leaving after the greeting would be an interrupted handshake. The server counts those, and after
/// `max_connect_errors` of them (100) it blocks the whole host, the application included. A refused
/// login is not counted, so the probe logs in as a user that should not exist and takes the
/// refusal.
///
/// Source: the MySQL internals manual, Client/Server Protocol: Connection Phase; MySQL reference
/// manual, The host_cache Table (only handshake errors count towards `max_connect_errors`).
package struct MySQLGreeting: Conversation {
  private enum Phase {
    case greeting
    case login(server: String)
  }

  private var phase = Phase.greeting
  private var inbox: [UInt8] = []

  /// A greeting takes some hundred bytes, an error message at most 512.
  private static let longestPacket = 2048
  private static let quit: [UInt8] = [1, 0, 0, 0, 1]

  package init() {}

  package var awaited: String { "greeting" }

  package var settled: String? {
    guard case .login(let server) = phase else { return nil }
    return "greeted, \(server)"
  }

  package mutating func receive(_ bytes: [UInt8]) -> Reply {
    inbox += bytes
    var reader = WireReader(inbox)
    guard let length = reader.littleEndian(3), let sequence = reader.byte() else { return .wait }
    guard (1...Self.longestPacket).contains(length) else { return strange() }
    guard let payload = reader.take(length) else { return .wait }
    inbox = Array(reader.rest)
    switch phase {
    case .greeting: return greeted(payload)
    case .login(let server): return answered(payload, server, sequence)
    }
  }

  private func strange() -> Reply {
    settled.map { .passed($0) } ?? .notSpeaking("MySQL")
  }

  private mutating func greeted(_ payload: ArraySlice<UInt8>) -> Reply {
    if let error = MySQLError(payload) { return .failed(error.message) }
    var reader = WireReader(payload)
    guard reader.byte() == 10, let version = reader.terminated(), !version.isEmpty,
      reader.rest.count >= 15
    else { return strange() }
    phase = .login(server: Self.name(version))
    return .send(Self.login)
  }

  private func answered(
    _ payload: ArraySlice<UInt8>, _ server: String, _ sequence: UInt8
  ) -> Reply {
    let verdict = Verdict.passed("greeted, \(server)")
    switch payload.first {
    case 0x00: return .over(verdict, farewell: Self.quit)
    // It wants another method: an empty answer is a login without a password in each of them.
    case 0xFE: return .send([0, 0, 0, sequence &+ 1])
    default: break
    }
    guard let error = MySQLError(payload), error.preventsAnyLogin else { return .over(verdict) }
    return .failed(error.message)
  }

  /// HandshakeResponse41 of a user without a password.
  private static let login: [UInt8] = {
    let protocol41 = 0x200
    let secureConnection = 0x8000
    let pluginAuthentication = 0x80000
    let utf8: UInt8 = 33
    var payload = (protocol41 | secureConnection | pluginAuthentication).littleEndianBytes(4)
    payload += (1 << 24).littleEndianBytes(4) + [utf8] + Array(repeating: 0, count: 23)
    payload += Array("entrypoint".utf8) + [0, 0] + Array("mysql_native_password".utf8) + [0]
    return payload.count.littleEndianBytes(3) + [1] + payload
  }()

  /// `5.5.5-10.11.6-MariaDB-1` is MariaDB 10.11.6: the prefix keeps old replicas from taking
  /// version 10 for version 1.
  private static func name(_ version: ArraySlice<UInt8>) -> String {
    let text = version.printable
    let isMariaDB = text.holds("MariaDB")
    let number = text.hasPrefix("5.5.5-") && isMariaDB ? text.dropFirst(6) : text[...]
    return "\(isMariaDB ? "MariaDB" : "MySQL") \(number.prefix { $0 != "-" })"
  }
}

/// An ERR packet.
private struct MySQLError {
  var code: Int
  var message: String

  init?(_ payload: ArraySlice<UInt8>) {
    var reader = WireReader(payload)
    guard reader.byte() == 0xFF, let code = reader.littleEndian(2) else { return nil }
    self.code = code
    var text = reader.rest
    if text.first == UInt8(ascii: "#") { text = text.dropFirst(6) }
    message = "\(text.printable) (error \(code))"
  }

  /// Too many connections, shutting down, host blocked, host not allowed: nobody gets further. A
  /// wrong user or a plain connection where TLS is asked for concerns us alone.
  var preventsAnyLogin: Bool { [1040, 1053, 1129, 1130].contains(code) }
}
