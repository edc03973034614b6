internal import SuperviseCore

/// FastCGI: one GET of PHP-FPM's `ping.path`, passed by status 200. FPM answers it in a worker, so
/// a pool whose workers are all busy does not pass.
///
/// Source: FastCGI Specification 1.0, sections 3 (records) and 6 (responder); php-fpm.conf,
/// `ping.path`.
package struct FastCGIPing: Conversation {
  private let path: String
  private var inbox: [UInt8] = []
  private var received = 0
  private var output: [UInt8] = []

  private static let mostReceived = 256 << 10
  private static let mostKept = 16 << 10
  private static let version: UInt8 = 1

  private enum RecordType: UInt8 {
    case begin = 1, end = 3, parameters = 4, input = 5, output = 6, errors = 7
  }

  package init(path: String) { self.path = path }

  package var awaited: String { "complete FastCGI answer" }

  package var opening: [UInt8] {
    let responder: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0]
    return Self.record(.begin, responder) + parameters + Self.record(.parameters, [])
      + Self.record(.input, [])
  }

  private var parameters: [UInt8] {
    let query = path.utf8.split(
      separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false
    ).map { Substring($0) }
    let script = query.first.map(String.init) ?? path
    let pairs = [
      ("GATEWAY_INTERFACE", "CGI/1.1"), ("SERVER_SOFTWARE", "entrypoint"),
      ("SERVER_PROTOCOL", "HTTP/1.1"), ("REQUEST_METHOD", "GET"), ("REQUEST_URI", path),
      ("SCRIPT_NAME", script), ("SCRIPT_FILENAME", script),
      ("QUERY_STRING", query.count == 2 ? String(query[1]) : ""), ("REMOTE_ADDR", "127.0.0.1"),
    ]
    return pairs.flatMap { Self.record(.parameters, Self.pair($0, $1)) }
  }

  package mutating func receive(_ bytes: [UInt8]) -> Reply {
    received += bytes.count
    inbox += bytes
    let reply = readRecords()
    guard reply == .wait, received > Self.mostReceived else { return reply }
    return .failed("sent an answer without an end")
  }

  private mutating func readRecords() -> Reply {
    while true {
      var reader = WireReader(inbox)
      guard let version = reader.byte() else { return .wait }
      guard version == Self.version else { return .notSpeaking("FastCGI") }
      guard let type = reader.byte(), reader.take(2) != nil, let length = reader.bigEndian(2),
        let padding = reader.byte(), reader.take(1) != nil, let content = reader.take(length),
        reader.take(Int(padding)) != nil
      else { return .wait }
      inbox = Array(reader.rest)
      if let reply = read(RecordType(rawValue: type), content) { return reply }
    }
  }

  private mutating func read(_ type: RecordType?, _ content: ArraySlice<UInt8>) -> Reply? {
    switch type {
    case .output:
      output += content.prefix(Self.mostKept - output.count)
      return nil
    case .end: return ended(content)
    // Errors of a script are said by its status too.
    case .errors: return nil
    case .begin, .parameters, .input, nil: return .notSpeaking("FastCGI")
    }
  }

  private func ended(_ content: ArraySlice<UInt8>) -> Reply {
    var reader = WireReader(content)
    guard reader.take(4) != nil, let outcome = reader.byte() else { return .notSpeaking("FastCGI") }
    guard outcome == 0 else { return .failed("refused the request: it is overloaded") }
    guard !output.isEmpty else { return .failed("answered nothing") }
    let status = Self.status(of: output)
    if status.hasPrefix("200") { return .passed("answered \(status)") }
    return .failed("answered \(status); does the pool have ping.path = \(path)?")
  }

  /// CGI (RFC 3875, section 6.3.3): without a Status field it is 200.
  private static func status(of output: [UInt8]) -> String {
    for line in output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let text = line.printable
      if text.isEmpty { break }
      if text.lowercased().hasPrefix("status:") {
        return text.dropFirst(7).split(separator: " ").joined(separator: " ")
      }
    }
    return "200 OK"
  }

  private static func record(_ type: RecordType, _ content: [UInt8]) -> [UInt8] {
    let requestID: [UInt8] = [0, 1]
    let length = min(content.count, 0xFFFF)
    return [version, type.rawValue] + requestID + length.bigEndianBytes(2) + [0, 0]
      + content.prefix(length)
  }

  private static func pair(_ name: String, _ value: String) -> [UInt8] {
    length(name) + length(value) + Array(name.utf8) + Array(value.utf8)
  }

  private static func length(_ text: String) -> [UInt8] {
    let count = text.utf8.count
    return count < 128 ? [UInt8(count)] : (count | 1 << 31).bigEndianBytes(4)
  }
}
