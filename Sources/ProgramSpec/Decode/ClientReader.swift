/// The part of a configuration that supervisorctl reads: its own section and nothing else.
///
/// `[include]` is not followed, and what is wrong with a program is none of its business: the
/// client has to work while somebody repairs the file.
extension ConfigurationReader {
  package struct ClientReading {
    /// nil where there is no `[supervisorctl]`, or an error.
    package var client: ControlClient?
    package var diagnostics: [Diagnostic]
  }

  package static func readClient(path: String, in surroundings: Surroundings) -> ClientReading {
    var document = IniDocument()
    let found: [Diagnostic]
    switch surroundings.readFile(path) {
    case .failure(let problem):
      let place = Location(file: path, line: 0, column: 0)
      let diagnostic = Diagnostic(.error, place, .fileUnreadable(path: path, problem))
      return ClientReading(client: nil, diagnostics: [diagnostic])
    case .success(let bytes): found = IniParser.parse(bytes, file: path, into: &document)
    }
    let context = context(document, surroundings)
    guard let section = document.section("supervisorctl") else {
      return ClientReading(client: nil, diagnostics: found)
    }
    var reader = SectionReader(section, .client, defaults: document.defaults, context)
    let client = reader.client()
    let diagnostics = found + reader.context.diagnostics
    let hasErrors = diagnostics.contains { $0.severity == .error }
    return ClientReading(client: hasErrors ? nil : client, diagnostics: diagnostics)
  }

  /// With what `[supervisord]` adds to the environment, as far as that is in order: it may hold the
  /// password that both sides take from there.
  private static func context(
    _ document: IniDocument, _ surroundings: Surroundings
  ) -> ReadingContext {
    var context = ReadingContext(surroundings)
    guard let section = document.section("supervisord") else { return context }
    var reader = SectionReader(section, .supervisord, defaults: document.defaults, context)
    _ = reader.readEnvironment()
    context.environment = reader.context.environment
    context.untrusted = reader.context.untrusted
    context.concealed = reader.context.concealed
    return context
  }
}
