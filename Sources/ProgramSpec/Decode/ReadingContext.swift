/// What all decoders share: the machine, what has been found wrong, and what has been resolved.
struct ReadingContext {
  var surroundings: Surroundings
  var diagnostics: [Diagnostic] = []
  var resolved = ResolvedView()
  /// The environment that `%(ENV_x)s` sees: the supervisor's own and `[supervisord] environment`.
  var environment: [String: String]
  /// By name, so that a hundred crons share one.
  var timeZones: [String: TimeZone] = [:]

  init(_ surroundings: Surroundings) {
    self.surroundings = surroundings
    environment = surroundings.environment
  }

  mutating func report(
    _ severity: Diagnostic.Severity, _ location: Location, _ problem: Problem
  ) {
    let diagnostic = Diagnostic(severity, location, problem)
    // A key that is read once for each of a hundred processes is wrong once.
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
