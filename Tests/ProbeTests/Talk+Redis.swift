import Probe
import ProgramSpec

/// Redis' side.
extension Talk {
  private static let open: @Sendable () -> any Conversation = { RedisPing(nil) }
  private static let locked: @Sendable () -> any Conversation = {
    RedisPing(RedisLogin(password: "s3 cret"))
  }
  private static let ping = Reply.send([UInt8]("*1\r\n$4\r\nPING\r\n"))

  private static let ask: @Sendable () -> any Conversation = {
    RedisCommand(["GET", "k"], nil)
  }
  private static let askLocked: @Sendable () -> any Conversation = {
    RedisCommand(["GET", "k"], RedisLogin(password: "s3 cret"))
  }

  static let redisCommands = [
    Talk("a status", ask, [[UInt8]("+OK\r\n")], [passed("answered")]),
    Talk("nothing", ask, [[UInt8]("$-1\r\n")], [passed("answered")]),
    Talk("a number", ask, [[UInt8](":-12\r\n")], [passed("answered")]),
    Talk("a refusal", ask, [[UInt8]("-READONLY no\r\n")], [failed("READONLY no")]),
    Talk("a number that is none", ask, [[UInt8](":1x\r\n")], [stranger("Redis")]),
    Talk(
      "a number beyond all", ask, [[UInt8](":99999999999999999999\r\n")], [stranger("Redis")]),
    Talk("a text", ask, [[UInt8]("$3\r\nabc\r\n")], [stranger("Redis")], decidedAfter: 4),
    Talk("a list", ask, [[UInt8]("*1\r\n")], [stranger("Redis")], decidedAfter: 1),
    Talk(
      "the password first", askLocked, [[UInt8]("+OK\r\n"), [UInt8](":1\r\n")],
      [.send([UInt8]("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")), passed("answered")]),
    Talk("a wrong password", askLocked, [[UInt8]("-WRONGPASS x\r\n")], [failed("WRONGPASS x")]),
    Talk("no answer to a password", askLocked, [[UInt8](":1\r\n")], [stranger("Redis")]),
  ]

  static let redis = [
    Talk("PONG", open, [[UInt8]("+PONG\r\n")], [passed("answered PONG")]),
    Talk(
      "a password that we were not given", open, [[UInt8]("-NOAUTH Authentication required.\r\n")],
      [passed("asks for a password")]),
    Talk(
      "loading", open, [[UInt8]("-LOADING Redis is loading the dataset in memory\r\n")],
      [failed("LOADING Redis is loading the dataset in memory")]),
    Talk(
      "busy", open, [[UInt8]("-BUSY Redis is busy running a script.\r\n")],
      [failed("BUSY Redis is busy running a script.")]),
    Talk(
      "without its master", open, [[UInt8]("-MASTERDOWN Link with MASTER is down\r\n")],
      [failed("MASTERDOWN Link with MASTER is down")]),
    Talk(
      "full", open, [[UInt8]("-ERR max number of clients reached\r\n")],
      [failed("ERR max number of clients reached")]),
    Talk(
      "the right password", locked, [[UInt8]("+OK\r\n"), [UInt8]("+PONG\r\n")],
      [ping, passed("answered PONG")]),
    Talk(
      "the right password, but loading", locked,
      [[UInt8]("+OK\r\n"), [UInt8]("-LOADING Redis is loading\r\n")],
      [ping, failed("LOADING Redis is loading")]),
    Talk(
      "a user who may not PING", locked,
      [[UInt8]("+OK\r\n"), [UInt8]("-NOPERM this user has no permissions\r\n")],
      [ping, passed("takes logins")]),
    Talk(
      "the wrong password", locked, [[UInt8]("-WRONGPASS invalid username-password pair\r\n")],
      [failed("WRONGPASS invalid username-password pair")]),
    Talk(
      "a password where there is none", locked,
      [[UInt8]("-ERR AUTH <password> called without any password configured\r\n")],
      [failed("ERR AUTH <password> called without any password configured")]),
    Talk("not PONG", open, [[UInt8]("+OK\r\n")], [stranger("Redis")]),
    Talk(
      "a web server", open, [[UInt8]("HTTP/1.1 400 Bad Request\r\n")], [stranger("Redis")],
      decidedAfter: 1),
  ]
}
