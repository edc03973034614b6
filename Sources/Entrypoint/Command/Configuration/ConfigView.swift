internal import Linux
internal import ProgramSpec

/// `config`: the configuration as resolved, with the file and line of each value.
struct ConfigView {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    guard arguments.isEmpty || arguments == ["--json"] else {
      printError(UsageError(message: "config takes no arguments but --json").text)
      return ExitCode.usage
    }
    guard let reading = context.configuration() else { return ExitCode.usage }
    printOut(
      arguments.isEmpty ? ConfigView.text(reading.resolved) : ConfigView.json(reading.resolved))
    for diagnostic in reading.diagnostics where diagnostic.severity == .error {
      printError("\(diagnostic)\n")
    }
    return reading.configuration == nil ? ExitCode.usage : ExitCode.success
  }

  /// A file that could be loaded again, with the origin of each value as a comment.
  static func text(_ view: ResolvedView) -> String {
    var text = ""
    var section: String?
    for row in view.rows {
      if row.section != section {
        text += section == nil ? "[\(row.section)]\n" : "\n[\(row.section)]\n"
        section = row.section
      }
      let value = row.value.split(separator: "\n", omittingEmptySubsequences: false)
        .joined(separator: "\n  ")
      let line = "\(row.key)=\(value)"
      text += "\(line.padded(to: 48)) ; \(row.origin.text)\n"
    }
    return text
  }

  static func json(_ view: ResolvedView) -> String {
    var json = JSONWriter()
    json.beginArray()
    for row in view.rows {
      json.beginObject()
      json.field("section", row.section)
      json.field("key", row.key)
      json.field("value", row.value)
      json.field("origin", row.origin.text)
      json.endObject()
    }
    json.endArray()
    json.newline()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

extension ResolvedView.Origin {
  fileprivate var text: String {
    switch self {
    case .written(let location): "\(location.file):\(location.line)"
    case .preset(let name): "preset \(name)"
    case .standard: "default"
    }
  }
}
