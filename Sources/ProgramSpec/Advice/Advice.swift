/// What loads but will hurt: one rule a function, each under a name that can be silenced.
///
/// A rule that cannot know keeps quiet: nobody reads advice that has been wrong once. What the
/// author has asked for in so many words is never advised against.
enum Advice {
  typealias Rule = @Sendable (AdviceSubject) -> [Finding]

  /// One place where a rule has something to say.
  struct Finding {
    var location: Location
    /// What will happen, and the line to write instead.
    var sentence: String
  }

  /// In the order in which it is given: what breaks at once before what hurts some day.
  static let rules: [(name: AdviceName, rule: Rule)] = [
    (.quotedCommand, quotedCommand), (.variable, variable), (.foreground, foreground),
    (.processNumber, processNumber), (.startOrder, startOrder), (.stopSignal, stopSignal),
    (.stopWait, stopWait), (.shutdownTimeout, shutdownTimeout), (.shellExec, shellExec),
    (.migrationLock, migrationLock), (.onFatal, onFatal), (.openControl, openControl),
    (.writableFile, writableFile), (.logFile, logFile),
  ]

  /// All of it but what is allowed.
  ///
  /// A configuration with errors is not there to be judged, except for comments that cut a value
  /// short: these are often why there is an error.
  static func give(
    on document: IniDocument, _ configuration: Configuration?, _ surroundings: Surroundings
  ) -> [Diagnostic] {
    let allowed = configuration?.supervisor.allowedAdvice ?? document.allowedAdvice
    var given = diagnostics(.comment, cutValues(document))
    if let configuration {
      let subject = AdviceSubject(document, configuration, surroundings)
      for (name, rule) in rules where !allowed.contains(name.rawValue) {
        given += diagnostics(name, rule(subject))
      }
    }
    return given.filter { !allowed.contains($0.adviceName?.rawValue ?? "") }
  }

  private static func diagnostics(_ name: AdviceName, _ findings: [Finding]) -> [Diagnostic] {
    findings.map { Diagnostic(.advice, $0.location, .advice(name, $0.sentence)) }
  }
}

extension Diagnostic {
  /// nil for what is no advice.
  package var adviceName: AdviceName? {
    guard case .advice(let name, _) = problem else { return nil }
    return name
  }
}

extension ConfigurationReader.Reading {
  /// Each once, in the order in which it is given.
  package var adviceNames: [String] {
    var names: [String] = []
    for name in advice.compactMap(\.adviceName?.rawValue) where !names.contains(name) {
      names.append(name)
    }
    return names
  }
}

extension IniDocument {
  fileprivate var allowedAdvice: [String] {
    Scalar.list(section("supervisord")?.entry("allow")?.value ?? "")
  }
}

extension Advice.Finding {
  init(_ location: Location, _ sentence: String) {
    self.init(location: location, sentence: sentence)
  }
}
