internal import Linux

/// Reads one line from the terminal: keys to the editor, the editor to the screen, and Tab to the
/// server.
struct TerminalReader {
  private var editor: LineEditor
  private var view: LineView
  private var keys = KeyDecoder()
  private let connection: SupervisorConnection
  private var processes: [ProcessInfo]?
  private var hasJustBeenAsked = false
  private var buffer: [UInt8] = [0]
  /// What follows an escape within this time belongs to it: milliseconds.
  private static let escapeWait: Int32 = 50

  init(_ prompt: String, _ history: History, _ connection: SupervisorConnection) {
    editor = LineEditor(history: history)
    view = LineView(prompt: prompt)
    self.connection = connection
  }

  /// nil at Ctrl-C, Ctrl-D and the end of the input. The terminal is as it was found afterwards.
  mutating func read() -> String? {
    guard (try? Terminal.set(.keys)) != nil else { return nil }
    defer { try? Terminal.set(.cooked) }
    draw()
    while let key = nextKey() {
      switch editor.press(key) {
      case .editing: break
      case .accepted(let line):
        printStyled(view.finish(editor, columns: Terminal.columns()))
        return line
      case .ended: return nil
      case .completion: complete()
      case .clearScreen:
        printStyled("\u{1B}[H\u{1B}[2J")
        view.forget()
      case .bell: printStyled("\u{7}")
      }
      if key != .tab { hasJustBeenAsked = false }
      draw()
    }
    return nil
  }

  private mutating func draw() {
    printStyled(view.draw(editor, columns: Terminal.columns()))
  }

  private mutating func nextKey() -> Key? {
    let interrupts = connection.interrupts ?? -1
    while true {
      let limit = keys.isPending ? TerminalReader.escapeWait : nil
      guard let ready = try? waitForAny(readable: [0, interrupts], milliseconds: limit) else {
        return nil
      }
      if ready[1] {
        if Interrupts.isInterrupted(interrupts) { return nil }
        printStyled(view.redraw(editor, columns: Terminal.columns()))
      }
      if ready[0] {
        guard let count = try? readBytes(0, into: &buffer), count > 0 else { return nil }
        if let key = keys.take(buffer[0]) { return key }
      } else if !ready[1], let key = keys.settle() {
        return key
      }
    }
  }

  // MARK: Completion

  /// The first Tab goes as far as there is no choice; the second shows what the choices are.
  private mutating func complete() {
    let candidates = candidates()
    let common = Completion.commonPrefix(candidates)
    if !candidates.isEmpty, common.count > editor.word.count {
      editor.replaceWord(with: common)
      hasJustBeenAsked = false
      if candidates.count > 1 { printStyled("\u{7}") }
      return
    }
    guard hasJustBeenAsked, candidates.count > 1 else {
      hasJustBeenAsked = true
      return printStyled("\u{7}")
    }
    let columns = Terminal.columns()
    printStyled(view.finish(editor, columns: columns))
    printOut(Completion.list(candidates, columns: columns))
  }

  private mutating func candidates() -> [String] {
    let word = editor.word
    switch Completion.kind(editor.textToCursor) {
    case .actions: return Completion.actions(word)
    case .groups: return Completion.groups(word, known())
    case .processes: return Completion.processes(word, known())
    case .nothing: return []
    }
  }

  /// Asked for once a line; who does not answer has nothing to offer.
  private mutating func known() -> [ProcessInfo] {
    if let processes { return processes }
    let found = (try? connection.processes()) ?? []
    processes = found
    return found
  }
}
