internal import Linux

/// The interactive shell: a line, its action, the next line. Without a terminal the lines are read
/// as they come, for scripts that feed us through a pipe.
struct Shell {
  private var controller: Controller
  private let prompt: String
  private let historyFile: String?
  private var history: History
  private let hasTerminal: Bool

  init(_ controller: Controller, _ settings: ClientSettings) {
    self.controller = controller
    prompt = settings.prompt + "> "
    historyFile = settings.historyFile
    hasTerminal = isTerminal(0) && isTerminal(1) && ThisProcess.variable("TERM") != "dumb"
    history = hasTerminal ? historyFile.map(History.read) ?? History() : History()
  }

  /// Until `exit`, Ctrl-C or the end of the input. What went wrong on the way is no exit code.
  mutating func run() {
    controller.perform(Action.status.rawValue)
    while !controller.isOver, let line = nextLine() {
      controller.perform(line)
    }
    controller.say("")
  }

  private mutating func nextLine() -> String? {
    let interrupts = controller.connection.interrupts
    guard hasTerminal else { return Prompt.line(prompt, interrupts) }
    var reader = TerminalReader(prompt, history, controller.connection)
    guard let line = reader.read() else { return nil }
    history.add(line)
    if let historyFile { history.write(historyFile) }
    return line
  }
}
