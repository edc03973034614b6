internal import Linux
package import ProgramSpec

/// Reading the configuration that a command is about.
extension CommandContext {
  /// nil after having said that there is none.
  func configuration() -> ConfigurationReader.Reading? {
    let surroundings = Surroundings.real(calledAs: .entrypoint)
    return place(surroundings).map { ConfigurationReader.read(path: $0, in: surroundings) }
  }

  /// The same with advice.
  func checkedConfiguration(strict: Bool) -> ConfigurationReader.Reading? {
    let surroundings = Surroundings.real(calledAs: .entrypoint)
    return place(surroundings).map {
      ConfigurationReader.check(path: $0, in: surroundings, strict: strict)
    }
  }

  /// `-c`, `$ENTRYPOINT_CONFIG`, the search path.
  private func place(_ surroundings: Surroundings) -> String? {
    let path = ConfigurationPlace.find(given: configurationPath, surroundings)
    if path == nil { printError(ConfigurationPlace.complaint) }
    return path
  }
}

/// Where the configuration is.
package enum ConfigurationPlace {
  package static func find(given: String?, _ surroundings: Surroundings) -> String? {
    if let given { return given }
    if let named = surroundings.environment["ENTRYPOINT_CONFIG"], !named.isEmpty { return named }
    return places.first { (try? fileStatus($0)) != nil }
  }

  /// supervisord's words.
  package static var complaint: String {
    let list = places.joined(separator: ", ")
    return UsageError(
      message: "No config file found at default paths (\(list)); use the -c option to specify a "
        + "config file at a different path"
    ).text
  }

  private static var places: [String] {
    ConfigurationReader.searchPath(calledAs: ThisProcess.calledAs)
  }
}

/// `check`: everything that is wrong, at once.
struct Check {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func run(_ arguments: [String]) -> Int32 {
    if let unknown = arguments.first(where: { !["--strict", "--json"].contains($0) }) {
      printError(UsageError(message: "check does not know \(unknown)").text)
      return ExitCode.usage
    }
    let isStrict = arguments.contains("--strict")
    guard let reading = context.checkedConfiguration(strict: isStrict) else {
      return ExitCode.usage
    }
    if arguments.contains("--json") {
      printOut(Check.json(reading.diagnostics + reading.advice))
    } else {
      printText(reading)
    }
    return reading.configuration == nil ? ExitCode.usage : ExitCode.success
  }

  /// What is wrong first, and apart from it what only might be better.
  private func printText(_ reading: ConfigurationReader.Reading) {
    for diagnostic in reading.diagnostics { printStyled("\(coloured(diagnostic))\n") }
    if !reading.advice.isEmpty, !reading.diagnostics.isEmpty { printOut("\n") }
    for advice in reading.advice { printStyled("\(coloured(advice))\n") }
    printOut(summary(reading))
    guard !reading.advice.isEmpty else { return }
    let names = reading.adviceNames.joined(separator: ",")
    printOut("to keep it as it is: [supervisord] allow=\(names)\n")
  }

  private func coloured(_ diagnostic: Diagnostic) -> String {
    let text = "\(diagnostic)"
    switch diagnostic.severity {
    case .error: return context.coloured(text, 31)
    case .warning: return context.coloured(text, 33)
    case .advice: return context.coloured(text, 36)
    }
  }

  private func summary(_ reading: ConfigurationReader.Reading) -> String {
    let said = reading.diagnostics + reading.advice
    let errors = said.count { $0.severity == .error }
    let warnings = said.count { $0.severity == .warning }
    let pieces = said.count { $0.severity == .advice }
    let advice = pieces == 0 ? "" : ", \(pieces) piece\(pieces == 1 ? "" : "s") of advice"
    let counts =
      "\(errors) error\(errors == 1 ? "" : "s"), "
      + "\(warnings) warning\(warnings == 1 ? "" : "s")\(advice)"
    guard let configuration = reading.configuration else { return "\(counts): it will not start\n" }
    let units = configuration.units.count
    return "\(counts): \(units) unit\(units == 1 ? "" : "s")\n"
  }

  static func json(_ diagnostics: [Diagnostic]) -> String {
    var json = JSONWriter()
    json.beginArray()
    for diagnostic in diagnostics {
      json.beginObject()
      json.field("severity", diagnostic.severity.word)
      json.field("file", diagnostic.location.file)
      json.field("line", diagnostic.location.line)
      json.field("column", diagnostic.location.column)
      json.field("message", diagnostic.problem.sentence)
      json.field("advice", diagnostic.adviceName?.rawValue)
      json.endObject()
    }
    json.endArray()
    json.newline()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
