/// Text in, a configuration or diagnostics out.
package enum ConfigurationReader {
  package struct Reading {
    /// nil where there is an error.
    package var configuration: Configuration?
    package var diagnostics: [Diagnostic]
    package var resolved: ResolvedView
    /// What loads but will hurt, but for what `allow` names; only where it was asked for.
    package var advice: [Diagnostic] = []
  }

  /// Reads a file and what it includes.
  package static func read(
    path: String, in surroundings: Surroundings, overrides: [ConfigurationSource.Override] = []
  ) -> Reading {
    read(path, surroundings, overrides).reading
  }

  /// The same with advice. With `strict` every warning, and every piece of advice, is an error.
  package static func check(
    path: String, in surroundings: Surroundings, strict: Bool = false,
    overrides: [ConfigurationSource.Override] = []
  ) -> Reading {
    var (reading, document, secrets) = read(path, surroundings, overrides)
    reading.advice = Advice.give(on: document, reading.configuration, surroundings)
      .map { $0.concealing(secrets) }
    if strict { reading.beStrict() }
    return reading
  }

  private static func read(
    _ path: String, _ surroundings: Surroundings, _ overrides: [ConfigurationSource.Override]
  ) -> (reading: Reading, document: IniDocument, secrets: [String]) {
    var document = IniDocument()
    var diagnostics: [Diagnostic]
    switch surroundings.readFile(path) {
    case .failure(let problem):
      let place = Location(file: path, line: 0, column: 0)
      let diagnostic = Diagnostic(.error, place, .fileUnreadable(path: path, problem))
      let reading = Reading(
        configuration: nil, diagnostics: [diagnostic], resolved: ResolvedView())
      return (reading, document, [])
    case .success(let bytes):
      diagnostics = IniParser.parse(bytes, file: path, into: &document)
    }
    var includes = Includes(surroundings)
    includes.read(into: &document, root: path)
    diagnostics += includes.diagnostics
    if surroundings.calledAs == .entrypoint { diagnostics += document.adoptAliases() }
    let asWritten = overrides.isEmpty ? nil : document
    document.apply(overrides)
    var decoder = DocumentDecoder(document, asWritten: asWritten, ReadingContext(surroundings))
    var configuration = decoder.decode(root: path)
    if let context = decoder.context.distrusting(groupOfRoot: configuration) {
      decoder = DocumentDecoder(document, asWritten: asWritten, context)
      configuration = decoder.decode(root: path)
    }
    let secrets = decoder.context.secrets
    diagnostics += decoder.context.diagnostics.map { $0.concealing(secrets) }
    return (conclude(configuration, diagnostics, decoder.context.resolved), document, secrets)
  }

  /// What is wrong with the options alone, before there is any file.
  package static func check(
    _ overrides: [ConfigurationSource.Override], in surroundings: Surroundings
  ) -> [Diagnostic] {
    var document = IniDocument()
    _ = IniParser.parse(Array("[supervisord]".utf8), file: "", into: &document)
    document.apply(overrides)
    var decoder = DocumentDecoder(document, ReadingContext(surroundings))
    _ = decoder.decode(root: "")
    return decoder.context.diagnostics.filter { $0.severity == .error }
  }

  private static func conclude(
    _ configuration: Configuration, _ diagnostics: [Diagnostic], _ resolved: ResolvedView
  ) -> Reading {
    let hasErrors = diagnostics.contains { $0.severity == .error }
    return Reading(
      configuration: hasErrors ? nil : configuration, diagnostics: diagnostics,
      resolved: resolved)
  }

  /// Where a configuration is looked for when no `-c` names one: supervisord's places, then ours.
  package static func searchPath(calledAs path: String) -> [String] {
    let directory = directoryName(directoryName(path))
    let prefix = directory.isEmpty || directory.hasSuffix("/") ? directory : "\(directory)/"
    return [
      "\(prefix)etc/supervisord.conf", "\(prefix)supervisord.conf", "supervisord.conf",
      "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
      "/etc/entrypoint.conf",
    ]
  }

  /// As Python's `dirname()` has it: nothing for a name alone, for which the places are those where
  /// we are.
  private static func directoryName(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    let parent = String(path[..<slash])
    return parent.isEmpty ? "/" : parent
  }
}

extension ConfigurationReader.Reading {
  fileprivate mutating func beStrict() {
    for index in diagnostics.indices { diagnostics[index].severity = .error }
    for index in advice.indices { advice[index].severity = .error }
    if !diagnostics.isEmpty || !advice.isEmpty { configuration = nil }
  }
}
