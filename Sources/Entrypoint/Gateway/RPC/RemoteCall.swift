internal import ControlProtocol
internal import XMLRPC

/// What comes next for a call.
enum CallProgress {
  /// This line is for PID 1.
  case ask(String)
  case done(Result<XMLRPCValue, XMLRPCFault>)
  /// What is too long for a value.
  case excerpt(LogExcerpt)
}

/// One call of a `supervisor.` method: lines for PID 1, and what their answers mean. Pure but for
/// logs, which it reads from the files that PID 1 hands over.
struct RemoteCall {
  /// Still to be asked, in their order.
  private var lines: [String]
  private var reading: AnswerReading

  init(_ line: String, _ reading: AnswerReading) { self.init([line], reading) }

  init(_ lines: [String], _ reading: AnswerReading) {
    self.lines = lines
    self.reading = reading
  }

  mutating func next() -> CallProgress {
    guard lines.isEmpty else { return .ask(lines.removeFirst()) }
    return reading.excerpt.map { .excerpt($0) } ?? .done(reading.result)
  }

  mutating func take(_ answer: ControlAnswer) -> CallProgress {
    do throws(XMLRPCFault) {
      lines += try reading.take(answer)
      return next()
    } catch {
      return .done(.failure(error))
    }
  }
}

extension RemoteCall {
  static let interfaceVersion = "3.0"

  /// Throws what is wrong with the call itself.
  init(_ method: Method, _ parameters: [XMLRPCValue]) throws(XMLRPCFault) {
    guard method.takes(parameters.count) else { throw FaultKind.incorrectParameters.fault() }
    let arguments = Arguments(parameters)
    let name = String(method.name.split(separator: ".").last ?? "")
    var call = try RemoteCall.daemon(name, arguments)
    if call == nil { call = try RemoteCall.control(name, arguments) }
    if call == nil { call = try RemoteCall.signal(name, arguments) }
    if call == nil { call = try RemoteCall.information(name, arguments) }
    if call == nil { call = try RemoteCall.log(name, arguments) }
    guard let call else { throw FaultKind.unknownMethod.fault() }
    self = call
  }

  /// Even what never changes is refused while PID 1 is stopping: clients tell by that.
  private static func daemon(
    _ name: String, _ arguments: Arguments
  ) throws(XMLRPCFault) -> RemoteCall? {
    switch name {
    case "getAPIVersion", "getVersion":
      return RemoteCall("state", .init(.constant(.string(interfaceVersion))))
    case "getSupervisorVersion": return RemoteCall("state", .init(.member("version")))
    case "getIdentification": return RemoteCall("state", .init(.member("identifier")))
    case "getPID": return RemoteCall("state", .init(.member("pid")))
    case "getState": return RemoteCall("state", .init(.members(["statecode", "statename"])))
    case "clearLog": return RemoteCall("clearmainlog", .init(.acceptance))
    case "shutdown": return RemoteCall(["state", "shutdown"], .init(.ending))
    case "restart": return RemoteCall("reload", .init(.acceptance))
    case "reloadConfig": return RemoteCall("reread", .init(.changes))
    case "addProcessGroup", "removeProcessGroup":
      let group = try arguments.group(0)
      let verb = name == "addProcessGroup" ? "addgroup" : "removegroup"
      return RemoteCall("\(verb) \(group.given)", .init(.acceptance, naming: group.given))
    case "sendRemoteCommEvent":
      let (type, data) = (try arguments.textOrNumber(0), try arguments.textOrNumber(1))
      let line = "remotecomm \(controlWord(type.utf8)) \(controlWord(data.utf8))"
      return RemoteCall(line, .init(.acceptance))
    default: return nil
    }
  }

  private static func control(
    _ name: String, _ arguments: Arguments
  ) throws(XMLRPCFault) -> RemoteCall? {
    let verb = name.hasPrefix("start") ? "start" : "stop"
    switch name {
    case "startProcess", "stopProcess":
      let process = try arguments.name(0, orGroup: true)
      return each(arguments.waits(1) ? verb : "\(verb)nowait", process)
    case "startProcessGroup", "stopProcessGroup":
      return each(arguments.waits(1) ? verb : "\(verb)nowait", try arguments.group(0))
    case "startAllProcesses", "stopAllProcesses":
      let word = arguments.waits(0) ? verb : "\(verb)nowait"
      return RemoteCall("\(word) all", .init(.outcomes))
    case "sendProcessStdin": return try standardInput(arguments)
    default: return nil
    }
  }

  /// One process is answered with true or a fault, several with one structure each.
  private static func each(
    _ verb: String, _ name: Namespec, signal: String? = nil
  ) -> RemoteCall? {
    guard let word = name.word else { return nil }
    let kind: AnswerReading.Kind = name.isGroup ? .outcomes : .outcome
    return RemoteCall("\(verb) \(word)", .init(kind, naming: name.given, signal: signal))
  }

  private static func signal(
    _ name: String, _ arguments: Arguments
  ) throws(XMLRPCFault) -> RemoteCall? {
    switch name {
    case "signalProcess":
      let process = try arguments.name(0, orGroup: true)
      let signal = try arguments.textOrNumber(1)
      return each("signal \(signalWord(signal))", process, signal: signal)
    case "signalProcessGroup":
      let group = try arguments.group(0)
      let signal = try arguments.textOrNumber(1)
      return each("signal \(signalWord(signal))", group, signal: signal)
    case "signalAllProcesses":
      let signal = try arguments.textOrNumber(0)
      return RemoteCall("signal \(signalWord(signal)) all", .init(.outcomes, signal: signal))
    default: return nil
    }
  }

  /// What is no single word is none that PID 1 would know, and `reload` is a word of its own.
  private static func signalWord(_ signal: String) -> String {
    let words = signal.utf8.split { $0 <= 32 }
    guard words.count == 1, signal.utf8.count <= 32 else { return "?" }
    let word = String(decoding: words[0], as: UTF8.self)
    return word == "reload" ? "?" : word
  }
}
