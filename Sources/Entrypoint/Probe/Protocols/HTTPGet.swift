internal import SuperviseCore

/// HTTP/1.1: one GET, passed by a status of 2xx or 3xx. A redirection is not followed: whatever
/// redirects is up.
///
/// Source: RFC 9112 (messages), RFC 9110 section 15 (status codes; 1xx comes before the answer).
package struct HTTPGet: Conversation {
  private let host: String
  private let path: String
  private var inbox: [UInt8] = []
  /// Bytes of the lines that have been read.
  private var consumed = 0
  private var status: HTTPStatus?

  private static let longestHeader = 16 << 10
  private static let endless = Reply.failed("sent a header without an end")

  /// `host` as the Host field names it: with the port unless that is 80.
  package init(host: String, path: String) {
    self.host = host
    self.path = path
  }

  package var awaited: String { "complete HTTP header" }

  package var opening: [UInt8] {
    Array(
      ("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: entrypoint\r\nAccept: */*\r\n"
        + "Connection: close\r\n\r\n").utf8)
  }

  package mutating func receive(_ bytes: [UInt8]) -> Reply {
    inbox += bytes
    while let end = inbox.firstIndex(of: UInt8(ascii: "\n")) {
      var line = inbox[..<end]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      consumed += end + 1
      guard consumed <= Self.longestHeader else { return Self.endless }
      let reply = read(line)
      inbox.removeFirst(end + 1)
      if let reply { return reply }
    }
    guard status != nil || HTTPStatus.mayBegin(inbox) else { return .notSpeaking("HTTP") }
    return consumed + inbox.count <= Self.longestHeader ? .wait : Self.endless
  }

  /// One line of a header; the verdict at its end.
  private mutating func read(_ line: ArraySlice<UInt8>) -> Reply? {
    guard let current = status else {
      status = HTTPStatus(line)
      return status == nil ? .notSpeaking("HTTP") : nil
    }
    guard line.isEmpty else { return nil }
    guard !current.isInterim else {
      status = nil
      return nil
    }
    let words = "answered \(current.text)"
    return (200..<400).contains(current.code) ? .passed(words) : .failed(words)
  }
}

/// `HTTP/1.1 200 OK`.
private struct HTTPStatus: Sendable {
  var code: Int
  /// `200 OK`.
  var text: String

  private static let start = Array("HTTP/1.".utf8)

  init?(_ line: ArraySlice<UInt8>) {
    guard line.starts(with: Self.start) else { return nil }
    text = line.dropFirst(Self.start.count + 1).printable
    guard let code = Int(text.prefix { $0 != " " }), (100...599).contains(code) else { return nil }
    self.code = code
  }

  var isInterim: Bool { code < 200 }

  /// Whether what has come so far may become a status line.
  static func mayBegin(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: start) || start.starts(with: bytes)
  }
}
