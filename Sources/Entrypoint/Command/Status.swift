internal import ControlProtocol
internal import Linux
internal import SafeText

/// `status`: supervisorctl's columns and exit codes.
struct Status {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    let options = Set(arguments.filter { $0.hasPrefix("--") })
    if let unknown = options.subtracting(["--json", "--all"]).first {
      printError(UsageError(message: "option \(unknown) not recognized").text)
      return ExitCode.usage
    }
    let names = arguments.filter { !$0.hasPrefix("--") && $0 != "all" }
    do throws(ConnectionProblem) {
      let rows = try ControlConnection.ask("status", at: context.socket)
      let wanted = options.contains("--all") ? rows : rows.filter(\.isProgram)
      return show(Selection(wanted, names), options)
    } catch {
      printOut("\(error.text)\n")
      return ExitCode.unknown
    }
  }

  private func show(_ selection: Selection, _ options: Set<String>) -> Int32 {
    if options.contains("--json") {
      printOut(JSONText.array(selection.rows))
    } else {
      let width = max(30, selection.rows.map { $0.name.utf8.count }.max() ?? 0) + 3
      let showsAll = options.contains("--all")
      for line in selection.lines {
        let more = showsAll ? announced(line).escapingControls : ""
        printStyled("\(text(of: line, width))\(more)\n")
      }
    }
    let stopped: Set = ["STOPPED", "EXITED", "FATAL", "UNKNOWN"]
    if selection.rows.contains(where: { stopped.contains($0["state"]?.text ?? "") }) {
      return ExitCode.notRunning
    }
    return selection.hasUnknown ? ExitCode.unknown : ExitCode.success
  }

  private func text(of line: Selection.Line, _ width: Int) -> String {
    switch line {
    case .unknown(let name, let isGroup):
      return "\(name.escapingControls): ERROR (no such \(isGroup ? "group" : "process"))"
    case .row(let row):
      let state = row["state"]?.text?.escapingControls ?? ""
      let padded = state.padded(to: 10)
      let name = row.name.escapingControls.padded(to: width)
      let description = row["description"]?.text?.escapingControls ?? ""
      return "\(name)\(coloured(padded, state))\(description)"
    }
  }

  /// What the program has announced by sd_notify(3): only with `--all`, since supervisorctl's
  /// columns end before it.
  private func announced(_ line: Selection.Line) -> String {
    guard case .row(let row) = line else { return "" }
    let status = row["status_text"]?.text.map { ", status: \($0)" } ?? ""
    let errno = row["errno"]?.integer.map {
      ", error: \(Errno(code: Int32(clamping: $0)).message)"
    }
    return (row["reloading"]?.isTrue == true ? ", reloading" : "") + status + (errno ?? "")
  }

  private func coloured(_ text: String, _ state: String) -> String {
    switch state {
    case "RUNNING", "passed", "succeeded": context.coloured(text, 32)
    case "FATAL", "BACKOFF", "UNKNOWN", "failed": context.coloured(text, 31)
    case "STARTING", "STOPPING", "waiting", "running", "retrying": context.coloured(text, 33)
    default: text
    }
  }
}

/// The rows that were asked for, in the order of the arguments.
struct Selection {
  enum Line {
    case row(JSONValue)
    case unknown(String, isGroup: Bool)
  }

  private(set) var lines: [Line] = []

  init(_ rows: [JSONValue], _ names: [String]) {
    guard !names.isEmpty else {
      lines = rows.map { .row($0) }
      return
    }
    for name in names {
      let isGroup = name.hasSuffix(":*") || name.hasSuffix(":")
      let group = String(name.prefix { $0 != ":" })
      let found = rows.filter { isGroup ? $0["group"]?.text == group : $0.name == name }
      lines += found.map { .row($0) }
      if found.isEmpty { lines.append(.unknown(isGroup ? group : name, isGroup: isGroup)) }
    }
  }

  var rows: [JSONValue] {
    lines.compactMap { line in
      guard case .row(let row) = line else { return nil }
      return row
    }
  }

  var hasUnknown: Bool { rows.count < lines.count }
}

extension JSONValue {
  var name: String { self["name"]?.text ?? "" }

  fileprivate var isProgram: Bool {
    ["program", "fcgi-program", "eventlistener"].contains(self["kind"]?.text ?? "")
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - utf8.count))
  }
}
