internal import ProgramSpec
internal import SuperviseCore

/// A line of words from the control socket.
enum ControlRequest: Equatable {
  case fleet(Request)
  case status
  case pid([String])
  case log(name: String, isError: Bool)
  case journal
  case events
  case health
  case version
  case refused(String)

  /// No request is longer: a line that does not end is refused, not kept.
  static let longest = 64 << 10

  init(_ line: String) {
    let words = line.split(separator: " ").map(String.init)
    let rest = Array(words.dropFirst())
    switch words.first {
    case "status" where rest.isEmpty: self = .status
    case "start" where !rest.isEmpty: self = .fleet(.start(rest))
    case "stop" where !rest.isEmpty: self = .fleet(.stop(rest))
    case "signal" where rest.count > 1: self = ControlRequest(signal: rest[0], Array(rest[1...]))
    case "pid": self = .pid(rest)
    case "log" where rest.count == 2 && ["stdout", "stderr"].contains(rest[1]):
      self = .log(name: rest[0], isError: rest[1] == "stderr")
    case "journal" where rest.isEmpty: self = .journal
    case "events" where rest.isEmpty: self = .events
    case "ready" where rest.isEmpty: self = .fleet(.awaitReadiness)
    case "health" where rest.isEmpty: self = .health
    case "shutdown" where rest.isEmpty: self = .fleet(.shutdown)
    case "version" where rest.isEmpty: self = .version
    default: self = .refused("unknown request: \(line.prefix(80))")
    }
  }

  private init(signal: String, _ names: [String]) {
    if signal == "reload" {
      self = .fleet(.signal(nil, names))
      return
    }
    guard let signal = try? Signal.parse(signal), signal.number > 0 else {
      self = .refused("BAD_SIGNAL")
      return
    }
    self = .fleet(.signal(signal, names))
  }
}
