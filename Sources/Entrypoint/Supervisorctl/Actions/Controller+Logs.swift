internal import Linux
internal import XMLRPC

/// `tail` and `maintail`.
extension Controller {
  mutating func tail(_ rest: String) throws(CallProblem) {
    guard try isServerUp() else { return }
    switch TailRequest.process(rest) {
    case .failure(let mistake): refuse(mistake, .tail)
    case .success(let request):
      let name = request.name ?? ""
      let path = "/logtail/\(Self.inPath(name))/\(request.channel)"
      guard case .bytes(let bytes) = request.amount else { return try follow(path) }
      let method = request.channel == "stdout" ? "readProcessStdoutLog" : "readProcessStderrLog"
      try show(request) { (connection) throws(CallProblem) in
        try connection.call(method, .string(name), .integer(-bytes), .integer(0))
      }
    }
  }

  mutating func maintail(_ rest: String) throws(CallProblem) {
    guard try isServerUp() else { return }
    switch TailRequest.main(rest) {
    case .failure(let mistake): refuse(mistake, .maintail)
    case .success(let request):
      guard case .bytes(let bytes) = request.amount else { return try follow("/mainlogtail") }
      try show(request) { (connection) throws(CallProblem) in
        try connection.call("readLog", .integer(-bytes), .integer(0))
      }
    }
  }

  private mutating func refuse(_ mistake: TailRequest.Mistake, _ action: Action) {
    let help = mistake.wantsHelp ? "\n\(action.help)".withoutLineEnd : ""
    fail(mistake.message + help)
  }

  private mutating func show(
    _ request: TailRequest,
    _ read: (SupervisorConnection) throws(CallProblem) -> XMLRPCValue
  ) throws(CallProblem) {
    do throws(CallProblem) {
      guard let text = try read(connection).text else { throw .unexpected }
      say(text)
    } catch {
      guard let reason = Self.reason(error.faultCode, of: request.name) else { throw error }
      fail("\(request.name ?? "supervisord"): ERROR (\(reason))")
    }
  }

  private static func reason(_ fault: Int?, of name: String?) -> String? {
    switch fault {
    case FaultCode.noFile: "no log file"
    case FaultCode.failed: "unknown error reading log"
    case FaultCode.badName where name != nil: "no such process name"
    default: nil
    }
  }

  /// Until Ctrl-C, or the server's end.
  private mutating func follow(_ path: String) throws(CallProblem) {
    say("==> Press Ctrl-C to exit <==")
    do {
      var stream = LogStream(try connection.follow(path), connection.serverURL + path)
      while try stream.pass() {}
    } catch {
      guard case .interrupted = error else { throw error }
      say("")
    }
  }

  /// A name as it stands in a URL: what would end the path or be no ASCII is percent-encoded.
  static func inPath(_ name: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in name.utf8 {
      if byte > 32, byte < 127, !"%?#/\"<>".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
