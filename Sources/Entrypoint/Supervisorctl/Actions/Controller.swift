internal import Linux
internal import XMLRPC

/// Takes one line after the other to its action, and keeps the exit code: that of the last thing
/// that went wrong.
struct Controller {
  enum Code {
    static let generic: Int32 = 1
    static let invalidArguments: Int32 = 2
    static let notInstalled: Int32 = 3
    static let unknownStatus: Int32 = 4
    static let versionMismatch: Int32 = 5
    static let notRunning: Int32 = 7
    /// `status` alone: a program is not running. LSB's number, which has another meaning above.
    static let somethingStopped: Int32 = 3
  }

  var connection: SupervisorConnection
  var exitStatus: Int32 = 0
  /// Whether dangerous things are asked about, and names and passwords asked for.
  let isInteractive: Bool
  /// The shell is to be left.
  var isOver = false

  init(_ settings: ClientSettings, isInteractive: Bool) {
    connection = SupervisorConnection(settings)
    self.isInteractive = isInteractive
  }

  func say(_ line: String) { printOut(line + "\n") }

  mutating func fail(_ line: String, _ code: Int32 = Code.generic) {
    say(line)
    exitStatus = code
  }

  // MARK: Lines

  /// Does what a line says. Nothing it does is worth ending a shell for, but Ctrl-C is.
  mutating func perform(_ line: String) {
    let line = line.trimmedLine
    guard !line.isEmpty else { return }
    do { try dispatch(line) } catch {
      switch error {
      case .interrupted: interrupt()
      case _ where error.isUnauthorised: authenticate(error, line)
      default: fail(error.line)
      }
    }
  }

  private mutating func dispatch(_ line: String) throws(CallProblem) {
    let (word, rest) = Self.split(line)
    if word == "help" { return help(rest) }
    if word == "EOF" { return leave() }
    guard let action = Action(rawValue: word) else {
      return fail("*** Unknown syntax: \(line)")
    }
    try run(action, rest)
  }

  private mutating func run(_ action: Action, _ rest: String) throws(CallProblem) {
    switch action {
    case .status: try status(rest)
    case .start, .stop, .restart, .signal, .clear: try changeProcesses(action, rest)
    case .pid: try pid(rest)
    case .tail: try tail(rest)
    case .maintail: try maintail(rest)
    case .fg: try foreground(rest)
    case .avail: try avail(rest)
    case .version: try version(rest)
    case .reread: try reread(rest)
    case .update: try update(rest)
    case .add: try add(rest)
    case .remove: try remove(rest)
    case .reload: try reload(rest)
    case .shutdown: try shutdown(rest)
    case .open: try open(rest)
    case .exit, .quit: leave()
    }
  }

  /// The letters, digits and underscores in front are the action; `?` is `help`.
  private static func split(_ line: String) -> (word: String, rest: String) {
    if line.hasPrefix("?") { return ("help", String(line.dropFirst()).trimmedLine) }
    let bytes = Array(line.utf8)
    let word = bytes.prefix {
      (48...57).contains($0) || (97...122).contains($0 | 32) || $0 == UInt8(ascii: "_")
    }
    let rest = String(decoding: bytes[word.count...], as: UTF8.self)
    return (String(decoding: word, as: UTF8.self), rest.trimmedLine)
  }

  private func help(_ topic: String) {
    if topic.isEmpty { return printOut(Action.list) }
    if topic == "help" { return printOut(Action.helpOfHelp) }
    guard let action = Action(rawValue: topic) else { return say("*** No help on \(topic)") }
    printOut(action.help)
  }

  /// 130 is what a shell says of a command that Ctrl-C has ended.
  private mutating func interrupt() {
    isOver = true
    if !isInteractive { exitStatus = 130 }
  }

  private mutating func leave() {
    isOver = true
    if !isInteractive { say("") }
  }

  // MARK: The server

  /// Asks whether somebody is there who speaks our language; says what is wrong if not.
  /// supervisorctl calls it "upcheck".
  mutating func isServerUp() throws(CallProblem) -> Bool {
    do {
      let version = try connection.call("getVersion").pythonText
      guard version != "3.0" else { return true }
      fail(
        "Sorry, this version of supervisorctl expects to talk to a server with API version "
          + "3.0, but the remote version is \(version).", Code.versionMismatch)
    } catch {
      try explain(error)
    }
    return false
  }

  private mutating func explain(_ problem: CallProblem) throws(CallProblem) {
    switch problem {
    case .system(.connectionRefused):
      fail("\(connection.serverURL) refused connection", Code.unknownStatus)
    case .system(.notFound): fail("\(connection.serverURL) no such file", Code.notRunning)
    case .fault(let fault) where fault.code == FaultCode.unknownMethod:
      fail(
        "Sorry, supervisord responded but did not recognize the supervisor namespace commands "
          + "that supervisorctl uses to control it.  Please check that the "
          + "[rpcinterface:supervisor] section is enabled in the configuration file "
          + "(see sample.conf).", Code.notInstalled)
    default: throw problem
    }
  }

  /// After a 401 a person is asked for name and password, and the line is done again.
  private mutating func authenticate(_ problem: CallProblem, _ line: String) {
    fail("Server requires authentication")
    guard isInteractive else { return fail(problem.line) }
    guard let username = Prompt.line("Username:", connection.interrupts),
      let password = Prompt.secret("Password:", connection.interrupts)
    else {
      isOver = true
      return
    }
    say("")
    connection.username = username
    connection.password = password
    perform(line)
  }
}

extension String {
  /// Without white space at either end, as Python's strip.
  var trimmedLine: String {
    let isWhite: (UInt8) -> Bool = { $0 == 32 || (9...13).contains($0) || (28...31).contains($0) }
    let bytes = Array(utf8).drop(while: isWhite)
    guard let last = bytes.lastIndex(where: { !isWhite($0) }) else { return "" }
    return String(decoding: bytes[...last], as: UTF8.self)
  }

  /// Its words, between white space.
  var words: [String] {
    utf8.split { $0 == 32 || (9...13).contains($0) || (28...31).contains($0) }
      .map { String(decoding: Array($0), as: UTF8.self) }
  }
}

extension XMLRPCValue {
  /// As Python prints it.
  var pythonText: String {
    switch self {
    case .string(let text): text
    case .integer(let number): "\(number)"
    case .boolean(let flag): flag ? "True" : "False"
    case .double(let number): "\(number)"
    case .null: "None"
    case .dateTime(let text): text
    case .array, .structure, .base64: ""
    }
  }
}
