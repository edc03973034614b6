internal import Linux
internal import ProgramSpec
internal import XMLRPC

/// Why a call has no answer.
enum CallProblem: Error {
  case fault(XMLRPCFault)
  /// An HTTP status other than 200, with its reason.
  case status(Int, reason: String)
  case system(Errno)
  case unknownHost
  case unknownProtocol(url: String)
  /// The server closed the connection before it had answered.
  case closed
  /// Neither HTTP nor XML-RPC; what is wrong with it.
  case malformed(String)
  /// The answer is none that this method may give.
  case unexpected
  /// A code that the action has no word for.
  case unknownCode(Int, name: String)
  /// Ctrl-C.
  case interrupted

  /// `error: <class 'X'>, text: file: …`, the class and text as Python's, since scripts look for
  /// them; the file and the line are nobody's.
  var line: String { "error: <class '\(pythonClass)'>, \(text): file: supervisorctl line: 0" }

  /// As `str(error)` says it.
  var text: String {
    switch self {
    case .fault(let fault): "<Fault \(fault.code): \(fault.text.pythonRepresentation)>"
    // Whatever the server's address is, supervisorctl says this one.
    case .status(let code, let reason): "<ProtocolError for 127.0.0.1/RPC2: \(code) \(reason)>"
    case .system(let error): "[Errno \(error.code)] \(error.sentence)"
    case .unknownHost: "[Errno -2] Name or service not known"
    case .unknownProtocol(let url): "Unknown protocol for serverurl \(url)"
    case .closed: "Remote end closed connection without response"
    case .malformed(let what): "the server sent \(what)"
    case .unexpected: "the server sent an answer of another kind"
    case .unknownCode(let code, let name): "Unknown result code \(code) for \(name)"
    case .interrupted: ""
    }
  }

  private var pythonClass: String {
    switch self {
    case .fault: "xmlrpc.client.Fault"
    case .status: "xmlrpc.client.ProtocolError"
    case .system(let error): error.pythonClass
    case .unknownHost: "socket.gaierror"
    case .unknownProtocol, .unknownCode: "ValueError"
    case .closed: "http.client.RemoteDisconnected"
    case .malformed: "xml.parsers.expat.ExpatError"
    case .unexpected: "TypeError"
    case .interrupted: "KeyboardInterrupt"
    }
  }

  var faultCode: Int? {
    guard case .fault(let fault) = self else { return nil }
    return fault.code
  }

  var isUnauthorised: Bool {
    guard case .status(401, _) = self else { return false }
    return true
  }
}

extension Errno {
  /// With a capital, as strerror(3) gives it.
  fileprivate var sentence: String {
    guard let first = message.first else { return message }
    return first.uppercased() + message.dropFirst()
  }

  fileprivate var pythonClass: String {
    switch self {
    case .notFound: "FileNotFoundError"
    case .connectionRefused: "ConnectionRefusedError"
    case .accessDenied, .notPermitted: "PermissionError"
    case .timedOut: "TimeoutError"
    case .notDirectory: "NotADirectoryError"
    case Errno(code: 104): "ConnectionResetError"
    case Errno(code: 32): "BrokenPipeError"
    default: "OSError"
    }
  }
}

/// supervisord's faults that have a word of their own: section "Faults" of its API.
enum FaultCode {
  static let unknownMethod = 1
  static let shutdownState = 6
  static let badName = 10
  static let badSignal = 11
  static let noFile = 20
  static let notExecutable = 21
  static let failed = 30
  static let abnormalTermination = 40
  static let spawnError = 50
  static let alreadyStarted = 60
  static let notRunning = 70
  static let success = 80
  static let alreadyAdded = 90
  static let stillRunning = 91
  static let cannotReread = 92
}
