import Probe

/// PostgreSQL's side.
extension Talk {
  private static let make: @Sendable () -> any Conversation = { PostgresStartup() }
  private static let ready = passed("takes logins")

  private static func message(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
    let length = payload.count + 4
    return [UInt8](String(type)) + [0, 0, UInt8(length >> 8), UInt8(length & 0xFF)] + payload
  }

  private static func error(_ code: String, _ text: String, type: Character = "E") -> [UInt8] {
    var payload: [UInt8] = []
    for field in ["SFATAL", "VFATAL", "C\(code)", "M\(text)", "Fpostmaster.c"] {
      payload += [UInt8](field) + [0]
    }
    return message(type, payload + [0])
  }

  private static let loggedIn = message("R", [0, 0, 0, 0])
  private static let scram = message("R", [0, 0, 0, 10] + [UInt8]("SCRAM-SHA-256") + [0, 0])

  static let postgres = [
    Talk("asks for SCRAM", make, [scram], [ready]),
    Talk("asks for MD5", make, [message("R", [0, 0, 0, 5, 1, 2, 3, 4])], [ready]),
    Talk("no such role", make, [error("28000", "role \"entrypoint\" does not exist")], [ready]),
    Talk("wrong password", make, [error("28P01", "password authentication failed")], [ready]),
    Talk("no such database", make, [error("3D000", "database does not exist")], [ready]),
    Talk(
      "trusts us", make,
      [loggedIn, message("S", [UInt8]("TimeZone") + [0] + [UInt8]("UTC") + [0])],
      [.wait, passed("takes logins", farewell: [0x58, 0, 0, 0, 4])]),
    Talk(
      "trusts us, but has no such role", make,
      [loggedIn, error("28000", "role \"entrypoint\" does not exist")], [.wait, ready]),
    Talk(
      "trusts us, but is full", make,
      [loggedIn, error("53300", "sorry, too many clients already")],
      [.wait, failed("sorry, too many clients already (53300)")]),
    Talk(
      "a notice first", make, [error("01000", "hello", type: "N") + scram], [ready]),
    Talk(
      "starting up", make, [error("57P03", "the database system is starting up")],
      [failed("the database system is starting up (57P03)")]),
    Talk(
      "shutting down", make, [error("57P03", "the database system is shutting down")],
      [failed("the database system is shutting down (57P03)")]),
    Talk(
      "full", make, [error("53300", "sorry, too many clients already")],
      [failed("sorry, too many clients already (53300)")]),
    Talk(
      "cannot fork", make, [[UInt8]("Ecould not fork new process for connection\n") + [0]],
      [failed("could not fork new process for connection")]),
    Talk("an error without a code", make, [message("E", [0])], [stranger("PostgreSQL")]),
    Talk("a cut login request", make, [message("R", [0, 0])], [stranger("PostgreSQL")]),
    Talk("data before a login", make, [message("S", [0, 0])], [stranger("PostgreSQL")]),
    Talk("MySQL", make, [[0x4A, 0, 0, 0, 10]], [stranger("PostgreSQL")], decidedAfter: 1),
  ]
}
