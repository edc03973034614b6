/// Text in, a configuration or diagnostics out.
package enum ConfigurationReader {
  package struct Reading {
    /// nil where there is an error.
    package var configuration: Configuration?
    package var diagnostics: [Diagnostic]
    package var resolved: ResolvedView
  }

  /// Reads a file and what it includes. With `strict` every warning is an error.
  package static func read(
    path: String, in surroundings: Surroundings, strict: Bool = false,
    overrides: [ConfigurationSource.Override] = []
  ) -> Reading {
    var document = IniDocument()
    var diagnostics: [Diagnostic]
    switch surroundings.readFile(path) {
    case .failure(let problem):
      let place = Location(file: path, line: 0, column: 0)
      let diagnostic = Diagnostic(.error, place, .fileUnreadable(path: path, problem))
      return Reading(configuration: nil, diagnostics: [diagnostic], resolved: ResolvedView())
    case .success(let bytes):
      diagnostics = IniParser.parse(bytes, file: path, into: &document)
    }
    var includes = Includes(surroundings)
    includes.read(into: &document, root: path)
    diagnostics += includes.diagnostics
    let asWritten = overrides.isEmpty ? nil : document
    document.apply(overrides)
    var decoder = DocumentDecoder(document, asWritten: asWritten, ReadingContext(surroundings))
    let configuration = decoder.decode(root: path)
    diagnostics += decoder.context.diagnostics
    return conclude(configuration, diagnostics, decoder.context.resolved, strict)
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
    _ configuration: Configuration, _ found: [Diagnostic], _ resolved: ResolvedView,
    _ strict: Bool
  ) -> Reading {
    var diagnostics = found
    if strict {
      for index in diagnostics.indices where diagnostics[index].severity == .warning {
        diagnostics[index].severity = .error
      }
    }
    let hasErrors = diagnostics.contains { $0.severity == .error }
    return Reading(
      configuration: hasErrors ? nil : configuration, diagnostics: diagnostics,
      resolved: resolved)
  }

  /// Where a configuration is looked for when no `-c` names one: supervisord's places, then ours.
  package static func searchPath(calledAs arguments0: String, _ surroundings: Surroundings)
    -> [String]
  {
    let binary = Surroundings.parent(of: surroundings.absolute(arguments0))
    let prefix = Surroundings.parent(of: binary)
    let supervisors = [
      "\(prefix == "/" ? "" : prefix)/etc/supervisord.conf",
      "\(prefix == "/" ? "" : prefix)/supervisord.conf", "supervisord.conf",
      "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf",
    ]
    return supervisors + ["/etc/entrypoint.conf"]
  }
}
