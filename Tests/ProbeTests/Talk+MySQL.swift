import Probe

/// MySQL's and MariaDB's sides; the first greeting is MariaDB 10.11's own.
extension Talk {
  private static let make: @Sendable () -> any Conversation = { MySQLGreeting() }

  private static func packet(_ sequence: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [UInt8(payload.count & 0xFF), UInt8(payload.count >> 8), 0, sequence] + payload
  }

  private static func greeting(_ version: String, plugin: String) -> [UInt8] {
    packet(
      0,
      [10] + [UInt8](version) + [0, 6, 0, 0, 0] + [UInt8]("m$g^~\"+P") + [0]
        + [0xFE, 0xF7, 8, 2, 0, 0xFF, 0x81, 21] + [0, 0, 0, 0, 0, 0, 0x1D, 0, 0, 0]
        + [UInt8]("0A4\"K2ZO[\\<T") + [0] + [UInt8](plugin) + [0])
  }

  private static func error(_ code: Int, _ text: String, _ sequence: UInt8 = 2) -> [UInt8] {
    packet(sequence, [0xFF, UInt8(code & 0xFF), UInt8(code >> 8)] + [UInt8](text))
  }

  private static let mariaDB = greeting(
    "5.5.5-10.11.6-MariaDB-0+deb12u1", plugin: "mysql_native_password")
  private static let mysql8 = greeting("8.0.36", plugin: "caching_sha2_password")

  /// HandshakeResponse41 of the user `entrypoint` without a password.
  private static let login = Reply.send(
    packet(
      1,
      [0x00, 0x82, 0x08, 0x00, 0, 0, 0, 1, 33] + [UInt8](repeating: 0, count: 23)
        + [UInt8]("entrypoint") + [0, 0] + [UInt8]("mysql_native_password") + [0]))

  private static let denied = error(
    1045, "#28000Access denied for user 'entrypoint'@'172.18.0.3' (using password: NO)")

  static let mysql = [
    Talk(
      "MariaDB refuses our user", make, [mariaDB, denied],
      [login, passed("greeted, MariaDB 10.11.6")]),
    Talk(
      "MySQL 8 wants another method first", make,
      [mysql8, packet(2, [0xFE] + [UInt8]("caching_sha2_password") + [0, 1, 2, 3, 0]), denied],
      [login, .send([0, 0, 0, 3]), passed("greeted, MySQL 8.0.36")]),
    Talk(
      "anybody may log in", make, [mysql8, packet(2, [0, 0, 0, 2, 0, 0, 0])],
      [login, passed("greeted, MySQL 8.0.36", farewell: [1, 0, 0, 0, 1])]),
    Talk(
      "only over TLS", make, [mysql8, error(3159, "#HY000insecure transport are prohibited")],
      [login, passed("greeted, MySQL 8.0.36")]),
    Talk(
      "MariaDB 11 without the old prefix", make, [greeting("11.4.2-MariaDB", plugin: "x"), denied],
      [login, passed("greeted, MariaDB 11.4.2")]),
    Talk(
      "full before the greeting", make, [error(1040, "Too many connections", 0)],
      [failed("Too many connections (error 1040)")]),
    Talk(
      "full after the login", make, [mysql8, error(1040, "#08004Too many connections")],
      [login, failed("Too many connections (error 1040)")]),
    Talk(
      "host blocked", make,
      [error(1129, "Host '192.0.2.2' is blocked because of many connection errors", 0)],
      [failed("Host '192.0.2.2' is blocked because of many connection errors (error 1129)")]),
    Talk(
      "host not allowed", make, [error(1130, "Host 'web' is not allowed to connect", 0)],
      [failed("Host 'web' is not allowed to connect (error 1130)")]),
    Talk(
      "control characters in a message", make, [error(1040, "Too\u{1B}[2J\nmany", 0)],
      [failed("Too [2J many (error 1040)")]),
    Talk("protocol 9", make, [packet(0, [9] + [UInt8]("3.20") + [0])], [stranger("MySQL")]),
    Talk(
      "a web server", make, [[UInt8]("HTTP/1.1 400 Bad Request\r\n\r\n")], [stranger("MySQL")],
      decidedAfter: 4),
    Talk("an empty packet", make, [[0, 0, 0, 0]], [stranger("MySQL")]),
  ]
}
