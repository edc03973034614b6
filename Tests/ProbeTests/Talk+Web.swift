import Probe

/// A web server's and PHP-FPM's sides.
extension Talk {
  private static let get: @Sendable () -> any Conversation = {
    HTTPGet(host: "web:8080", path: "/health")
  }

  static let http = [
    Talk(
      "200", get, [[UInt8]("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")],
      [passed("answered 200 OK")], decidedAfter: 38),
    Talk("204 without a reason", get, [[UInt8]("HTTP/1.1 204\r\n\r\n")], [passed("answered 204")]),
    Talk(
      "1.0, bare newlines", get, [[UInt8]("HTTP/1.0 200 OK\n\n")], [passed("answered 200 OK")]),
    Talk(
      "a redirection", get, [[UInt8]("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n")],
      [passed("answered 302 Found")]),
    Talk(
      "early hints first", get,
      [[UInt8]("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")],
      [passed("answered 200 OK")]),
    Talk(
      "503", get, [[UInt8]("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n")],
      [failed("answered 503 Service Unavailable")]),
    Talk(
      "404", get, [[UInt8]("HTTP/1.1 404 Not Found\r\n\r\n")], [failed("answered 404 Not Found")]),
    Talk("no number", get, [[UInt8]("HTTP/1.1 abc OK\r\n")], [stranger("HTTP")]),
    Talk("a number out of range", get, [[UInt8]("HTTP/1.1 999 No\r\n")], [stranger("HTTP")]),
    Talk("Redis", get, [[UInt8]("-ERR unknown command\r\n")], [stranger("HTTP")], decidedAfter: 1),
  ]

  private static let ping: @Sendable () -> any Conversation = { FastCGIPing(path: "/ping") }

  private static func record(_ type: UInt8, _ content: [UInt8], padding: UInt8 = 0) -> [UInt8] {
    [1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), padding, 0]
      + content + [UInt8](repeating: 0, count: Int(padding))
  }

  private static func end(_ outcome: UInt8 = 0) -> [UInt8] {
    record(3, [0, 0, 0, 0, outcome, 0, 0, 0])
  }

  static let fastCGI = [
    Talk(
      "pong", ping,
      [
        record(6, [UInt8]("Content-type: text/plain;charset=UTF-8\r\n\r\npong"), padding: 3) + end()
      ],
      [passed("answered 200 OK")]),
    Talk(
      "no such page", ping,
      [
        record(7, [UInt8]("Primary script unknown"))
          + record(
            6, [UInt8]("Status: 404 Not Found\r\nContent-type: text/html\r\n\r\nFile not found."))
          + end()
      ],
      [failed("answered 404 Not Found; does the pool have ping.path = /ping?")]),
    Talk(
      "a status in two records", ping,
      [record(6, [UInt8]("STATUS:  20")) + record(6, [UInt8]("0 Fine\n\n")) + end()],
      [passed("answered 200 Fine")]),
    Talk("overloaded", ping, [end(2)], [failed("refused the request: it is overloaded")]),
    Talk("nothing", ping, [end()], [failed("answered nothing")]),
    Talk("a web server", ping, [[UInt8]("HTTP/1.1 400")], [stranger("FastCGI")], decidedAfter: 1),
    Talk("a request", ping, [record(1, [0, 1, 0])], [stranger("FastCGI")]),
  ]
}
