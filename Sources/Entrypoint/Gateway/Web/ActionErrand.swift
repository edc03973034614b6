internal import HTTP
internal import Linux
internal import XMLRPC

/// Something done from the page: a request for PID 1, then back to the page with a word
/// on how it went.
struct ActionErrand: ErrandCourse {
  private enum Kind: String {
    case refresh, stopall, restartall
    case start, stop, restart, clearlog
  }

  private let kind: Kind
  private let process: String
  private var line: String?
  /// What it was answered with.
  private var fault: ControlFault?

  /// nil for what is no action.
  init?(_ action: String, process: String?) {
    guard let kind = Kind(rawValue: action) else { return nil }
    self.kind = kind
    self.process = process ?? ""
    let word = Namespec(process ?? "").word
    switch kind {
    case .refresh: break
    case .stopall: line = "stop all"
    case .restartall: line = "restart all"
    case .start, .stop, .restart, .clearlog:
      guard process != nil else { return nil }
      line = word.map { "\(kind.rawValue) \($0)" }
      if word == nil { fault = ControlFault(name: nil, kind: .badName, message: nil) }
    }
  }

  var isHarmless: Bool { kind == .refresh }

  func start() -> Progress { line.map { .ask($0) } ?? .reply(redirection) }

  /// Of a restart the first lines are about the stop.
  mutating func take(_ answer: ControlAnswer) -> Progress {
    fault = answer.fault ?? answer.lines.last.flatMap(ControlFault.init)
    return .reply(redirection)
  }

  /// Relative: behind a proxy neither the scheme nor the host nor the path before ours is known.
  private var redirection: Reply {
    Reply.refusal(.movedPermanently).uncached
      .with("Location", "./?message=\(URLText.encode(message))")
  }

  private var message: String {
    let now = WallTime.now().local.clockText
    switch kind {
    case .refresh: return "Page refreshed at \(now)"
    case .stopall: return wholeFault ?? "All stopped at \(now)"
    case .restartall: return wholeFault ?? "All restarted at \(now)"
    case .start: return fault.map(startFault) ?? "Process \(process) started"
    case .restart: return fault.map(startFault) ?? "Process \(process) restarted"
    case .stop: return fault.map(otherFault) ?? "Process \(process) stopped"
    case .clearlog: return fault.map(otherFault) ?? "Log for \(process) cleared"
    }
  }

  /// About everything, and not about one of many.
  private var wholeFault: String? {
    fault.flatMap { $0.name == nil || $0.kind == .shutdownState ? otherFault($0) : nil }
  }

  private func startFault(_ fault: ControlFault) -> String {
    switch fault.kind {
    case .noFile: "ERROR: Process \(process): no such file"
    case .notExecutable: "ERROR: Process \(process): file not executable"
    case .alreadyStarted: "ERROR: Process \(process): already started"
    case .spawnError: "ERROR: Process \(process): spawn error"
    case .abnormalTermination: "ERROR: Process \(process): abnormal termination"
    default: otherFault(fault)
    }
  }

  private func otherFault(_ fault: ControlFault) -> String {
    if fault.kind == .badName { return "No such process named \(process)" }
    let addition = fault.kind == .shutdownState ? nil : fault.message ?? process
    let said = fault.kind.fault(addition)
    return "unexpected rpc fault [\(said.code)] \(said.text)"
  }
}

extension CalendarTime {
  /// `Sat Nov 21 07:55:13 2026`, as ctime(3) has it.
  var clockText: String {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let name = months[max(0, min(11, month - 1))]
    let clock = "\(twoDigits(hour)):\(twoDigits(minute)):\(twoDigits(second))"
    return "\(weekday) \(name) \(day < 10 ? " \(day)" : "\(day)") \(clock) \(year)"
  }

  /// By counting the leap days before a year that begins in March.
  private var weekday: String {
    let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let shifts = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
    let year = month < 3 ? year - 1 : year
    let days = year + year / 4 - year / 100 + year / 400
    return names[max(0, days + shifts[max(0, min(11, month - 1))] + day) % 7]
  }
}
