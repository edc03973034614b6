internal import Linux
internal import XMLRPC

/// `tail` and `maintail`.
extension Controller {
  mutating func tail(_ rest: String) throws(CallProblem) {
    guard try isServerUp() else { return }
    try show(TailRequest.process(rest), .tail)
  }

  mutating func maintail(_ rest: String) throws(CallProblem) {
    guard try isServerUp() else { return }
    try show(TailRequest.main(rest), .maintail)
  }

  private mutating func show(
    _ reading: Result<TailRequest, TailRequest.Mistake>, _ action: Action
  ) throws(CallProblem) {
    switch reading {
    case .failure(let mistake):
      let help = mistake.wantsHelp ? "\n\(action.help)".withoutLineEnd : ""
      fail(mistake.message + help)
    case .success(let request):
      switch request.amount {
      case .following: try follow(request.name, request.channel)
      case .bytes(let bytes): try showEnd(bytes, request)
      }
    }
  }

  private mutating func showEnd(_ bytes: Int, _ request: TailRequest) throws(CallProblem) {
    // supervisord counts from the end where the offset is negative, and length is zero then.
    let place: [XMLRPCValue] = [.integer(-bytes), .integer(0)]
    do throws(CallProblem) {
      let text: String?
      if let name = request.name {
        let isOutput = request.channel == "stdout"
        let method = isOutput ? "readProcessStdoutLog" : "readProcessStderrLog"
        text = try connection.call(method, [.string(name)] + place).text
      } else {
        text = try connection.call("readLog", place).text
      }
      guard let text else { throw .unexpected }
      printStyled(text + "\n")
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
  private func follow(_ name: String?, _ channel: String) throws(CallProblem) {
    say("==> Press Ctrl-C to exit <==")
    do {
      var stream = try connection.follow(process: name, channel)
      while try stream.pass() {}
    } catch {
      guard case .interrupted = error else { throw error }
      say("")
    }
  }
}
