import ControlProtocol

@testable import Gateway
@testable import HTTP
@testable import Supervise
@testable import XMLRPC

/// XML-RPC documents, and what the gateway makes of calls.
extension FuzzTarget {
  static let web = [
    FuzzTarget("http-request") { (input) throws(Violation) in
      try HTTPRequestProperties.check(input)
    },
    FuzzTarget("http-response") { (input) throws(Violation) in
      try HTTPResponseProperties.check(input)
    },
    FuzzTarget("xmlrpc") { (input) throws(Violation) in try XMLRPCProperties.check(input) },
    FuzzTarget("json") { (input) throws(Violation) in try JSONProperties.check(input) },
    FuzzTarget("control") { (input) throws(Violation) in try ControlProperties.check(input) },
    FuzzTarget("api") { (input) throws(Violation) in try APIProperties.check(input) },
  ]
}

enum XMLRPCProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    if let call = try? XMLRPCCall.parse(input) {
      let again = try parsed(call.encoded)
      try requireEqual(try parsed(again.encoded).encoded, again.encoded, "a call")
      try checkMethod(again)
    }
    guard let response = try? XMLRPCResponse.parse(input) else { return }
    guard let again = try? XMLRPCResponse.parse(response.encoded),
      let third = try? XMLRPCResponse.parse(again.encoded)
    else { throw Violation("a response that was written cannot be read: \(response)") }
    try requireEqual(third.encoded, again.encoded, "a response")
  }

  private static func parsed(_ document: [UInt8]) throws(Violation) -> XMLRPCCall {
    do throws(XMLRPCProblem) { return try XMLRPCCall.parse(document) } catch {
      throw Violation("\(error.text): \(String(decoding: document, as: UTF8.self))")
    }
  }

  /// A call becomes lines for PID 1, each of which is one request that PID 1 understands.
  private static func checkMethod(_ call: XMLRPCCall) throws(Violation) {
    guard let method = Method.named(call.method),
      var remote = try? RemoteCall(method, call.parameters)
    else { return }
    for _ in 0..<4 {
      guard case .ask(let line) = remote.next() else { return }
      try ControlProperties.checkLine(line)
    }
  }
}

/// Lines of words at the control socket.
enum ControlProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let line = String(decoding: input.prefix { $0 != 10 }, as: UTF8.self)
    switch ControlRequest(line) {
    case .refused(let reason):
      try require(reason.utf8.count <= 512, "a refusal of \(reason.utf8.count) bytes")
    case .input(_, let bytes), .remoteEvent(let bytes, _):
      try require(bytes.count <= line.utf8.count, "more bytes than the line has")
    case .scale(_, let count): try require((0...10_000).contains(count), "scale to \(count)")
    case .start(let names, _), .stop(let names, _), .restart(let names, _), .clearLog(let names):
      let words = line.utf8.split(separator: 32).dropFirst()
      try require(
        !names.isEmpty && names.map { Array($0.utf8) } == words.map { Array($0) },
        "names \(names)")
    default: break
    }
    let word = RemoteCall.controlWord(input)
    try requireEqual(
      ControlRequest("stdin a:b \(word)"), .input(name: "a:b", input), "bytes of a request")
  }

  /// A line that the gateway sends for a client.
  static func checkLine(_ line: String) throws(Violation) {
    try require(!line.utf8.contains(10), "a request of two lines: \(line)")
    try require(line.utf8.count <= ControlRequest.longest, "a request that PID 1 refuses")
    let native = "native ".utf8
    let words = line.utf8.starts(with: native) ? line.utf8.dropFirst(native.count) : line.utf8[...]
    if case .refused(let reason) = ControlRequest(String(Substring(words))) {
      throw Violation(reason)
    }
  }
}

enum JSONProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let value: JSONValue
    do throws(JSONProblem) { value = try JSONValue.read(input[...]) } catch {
      let lines = input.count { $0 == 10 } + 1
      return try require(
        (1...lines).contains(error.line) && (1...(input.count + 1)).contains(error.column)
          && !error.reason.isEmpty, "place \(error.line):\(error.column)")
    }
    let text = JSONText.line(value)
    try require(text.utf8.count { $0 == 10 } == 1, "a line end in \(text)")
    guard let again = JSONValue.parse(Array(text.utf8)[...]) else {
      throw Violation("\(value) was written as \(text)")
    }
    try require(isClose(again, value), "\(value) was written as \(text)")
  }

  /// Numbers are written in microseconds.
  private static func isClose(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)): abs(left - right) <= 0.000_001
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy(isClose)
    case (.object(let left), .object(let right)):
      left.count == right.count
        && left.allSatisfy { key, value in right[key].map { isClose(value, $0) } ?? false }
    default: left == right
    }
  }
}

/// Requests of the JSON interface: the first line is method and target, what follows is the body.
enum APIProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let parts = input.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false)
    let words = (parts.first ?? []).split(separator: 32, maxSplits: 1)
    guard words.count == 2 else { return }
    let head = HTTPRequestHead(
      method: String(decoding: words[0], as: UTF8.self),
      target: String(decoding: words[1], as: UTF8.self))
    guard APIRequest.isMeant(by: head.path) else { return }
    let body = parts.count > 1 ? Array(parts[1]) : []
    do throws(APIRequest.Refusal) {
      guard case .change(let change) = try APIRequest(head, body) else { return }
      guard case .ask(let line) = change.start() else { return }
      do throws(Violation) { try ControlProperties.checkLine(line) } catch {
        throw APIRequest.Refusal(.internalError, error.text)
      }
    } catch {
      try require(error.status != .internalError, error.message ?? "")
    }
  }
}
