internal import ProgramSpec
internal import SafeText
internal import SuperviseCore

/// A line of words from the control socket.
enum ControlRequest: Equatable {
  case start([String], waits: Bool)
  case stop([String], waits: Bool)
  case restart([String], waits: Bool)
  case fleet(Request)
  case status
  case pid([String])
  case log(name: String, isError: Bool)
  case journal
  case events
  /// The same behind the line that says when the journal began.
  case follow
  case health
  case metrics
  case version
  /// What supervisord's getProcessInfo, getAllConfigInfo and getState tell.
  case information([String])
  case configurations
  case state
  case openLog(name: String, isError: Bool)
  case openMainLog
  case clearLog([String])
  case clearMainLog
  case reread
  case reload
  case addGroup(String)
  case removeGroup(String)
  case updateCron(String)
  case updateSteps
  case scale(String, Int)
  /// sendProcessStdin and sendRemoteCommEvent: any bytes.
  case input(name: String, [UInt8])
  case remoteEvent(type: [UInt8], data: [UInt8])
  case refused(String)
  #if DEBUG
    /// A test requests a fault of PID 1 itself.
    case trap
  #endif

  /// Also while everything goes down.
  var isAnsweredToTheEnd: Bool {
    switch self {
    case .state, .remoteEvent: true
    default: false
    }
  }

  /// No request is longer: a line that does not end is refused, not kept.
  static let longest = 64 << 10

  init(_ line: String) {
    let words = line.fields(separatedBy: " ").map(String.init)
    self = ControlRequest(words.first ?? "", Array(words.dropFirst())) ?? .unknown(line)
  }

  private static func unknown(_ line: String) -> ControlRequest {
    .refused("unknown request: \(String(line.unicodeScalars.prefix(80)))")
  }

  private init?(_ word: String, _ rest: [String]) {
    if rest.isEmpty, let request = ControlRequest(alone: word) {
      self = request
      return
    }
    switch word {
    case "start" where !rest.isEmpty: self = .start(rest, waits: true)
    case "startnowait" where !rest.isEmpty: self = .start(rest, waits: false)
    case "stop" where !rest.isEmpty: self = .stop(rest, waits: true)
    case "stopnowait" where !rest.isEmpty: self = .stop(rest, waits: false)
    case "restart" where !rest.isEmpty: self = .restart(rest, waits: true)
    case "restartnowait" where !rest.isEmpty: self = .restart(rest, waits: false)
    case "roll" where !rest.isEmpty: self = .fleet(.roll(rest))
    case "signal" where rest.count > 1: self = ControlRequest(signal: rest[0], Array(rest[1...]))
    case "pid": self = .pid(rest)
    case "info": self = .information(rest)
    case "clearlog" where !rest.isEmpty: self = .clearLog(rest)
    // A group may have no name.
    case "addgroup" where rest.count <= 1: self = .addGroup(rest.first ?? "")
    case "removegroup" where rest.count <= 1: self = .removeGroup(rest.first ?? "")
    case "updatecron" where rest.count == 1: self = .updateCron(rest[0])
    case "scale" where rest.count == 2:
      guard let count = Int(rest[1]), (0...Program.maxProcesses).contains(count) else { return nil }
      self = .scale(rest[0], count)
    case "stdin" where rest.count == 2:
      guard let bytes = Base64.decode(rest[1]) else { return nil }
      self = .input(name: rest[0], bytes)
    case "remotecomm" where rest.count == 2:
      guard let type = Base64.decode(rest[0]), let data = Base64.decode(rest[1]) else { return nil }
      self = .remoteEvent(type: type, data: data)
    case "log", "openlog":
      guard rest.count == 2, ["stdout", "stderr"].contains(rest[1]) else { return nil }
      let isError = rest[1] == "stderr"
      self =
        word == "log"
        ? .log(name: rest[0], isError: isError) : .openLog(name: rest[0], isError: isError)
    default: return nil
    }
  }

  private init?(alone word: String) {
    switch word {
    case "status": self = .status
    case "journal": self = .journal
    case "events": self = .events
    case "follow": self = .follow
    case "ready": self = .fleet(.awaitReadiness)
    case "health": self = .health
    case "metrics": self = .metrics
    case "shutdown": self = .fleet(.shutdown)
    case "version": self = .version
    case "configinfo": self = .configurations
    case "state": self = .state
    case "openmainlog": self = .openMainLog
    case "clearmainlog": self = .clearMainLog
    case "reread": self = .reread
    case "updatesteps": self = .updateSteps
    case "reload": self = .reload
    #if DEBUG
      case "trap": self = .trap
    #endif
    default: return nil
    }
  }

  private init(signal: String, _ names: [String]) {
    if signal == "reload" {
      self = .fleet(.signal(nil, names))
      return
    }
    let found = try? Signal.parse(signal)
    self = .fleet(found.map { .signal($0, names) } ?? .misnamedSignal(names))
  }
}
