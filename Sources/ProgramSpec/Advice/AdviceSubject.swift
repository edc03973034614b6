/// A configuration as the rules look at it: what it means, and where it says so.
struct AdviceSubject {
  /// A `[program:x]` or `[fcgi-program:x]` that has a process, and a command that can be parsed.
  struct Program {
    var unit: Unit
    var program: ProgramSpec.Program
    var command: CommandWords
    var source: Source
  }

  /// A section, for the places of its keys.
  struct Source {
    var section: IniDocument.Section
    var defaults: IniDocument.Section

    func entry(_ key: String) -> IniDocument.Entry? { section.entry(key) ?? defaults.entry(key) }

    /// Of the value, or of the section where nobody wrote one.
    func location(_ key: String) -> Location { entry(key)?.location ?? section.location }
  }

  let document: IniDocument
  let configuration: Configuration
  let surroundings: Surroundings
  let programs: [Program]
  /// Hooks that run a command, with the same view of it.
  let hooks: [(hook: Hook, command: CommandWords, source: Source)]
  let supervisor: Location

  init(
    _ document: IniDocument, _ configuration: Configuration, _ surroundings: Surroundings
  ) {
    self.document = document
    self.configuration = configuration
    self.surroundings = surroundings
    supervisor = document.section("supervisord")?.location ?? .nowhere
    let sources = AdviceSubject.sources(document)
    var programs: [Program] = []
    var hooks: [(hook: Hook, command: CommandWords, source: Source)] = []
    for unit in configuration.units {
      guard let source = sources[unit.name] else { continue }
      switch unit.work {
      case .program(let program):
        guard !program.isListener, let words = program.processes.first?.execution.arguments,
          !words.isEmpty
        else { continue }
        programs.append(
          Program(unit: unit, program: program, command: CommandWords(words), source: source))
      case .hook(let hook):
        hooks.append((hook, CommandWords(hook.execution.arguments), source))
      case .wait, .directory, .template, .cron: break
      }
    }
    self.programs = programs
    self.hooks = hooks
  }

  /// By the name of the unit.
  private static func sources(_ document: IniDocument) -> [String: Source] {
    var sources: [String: Source] = [:]
    for section in document.sections {
      guard let kind = UnitKind.of(section: section.name) else { continue }
      let name = String(section.name.dropFirst(kind.prefix.count + 1)).trimmed
      // As in the configuration: the first of two programs of one name.
      if sources[name] == nil {
        sources[name] = Source(section: section, defaults: document.defaults)
      }
    }
    return sources
  }
}

extension Program {
  var isListener: Bool {
    guard case .eventListener = kind else { return false }
    return true
  }

  /// From the first signal to SIGKILL.
  package var grace: Duration {
    stop.steps.prefix { $0.signal != .kill }.reduce(.zero) { $0 + $1.wait }
  }

  /// Runs to its end and stays down: a step in the guise of a program.
  var isOneShot: Bool { restart.automatic != .always && restart.startSeconds == .zero }

  /// Not where it is started again for ever.
  var mayBecomeFatal: Bool { restart.startRetries != nil || restart.limit != nil }
}

extension Duration {
  /// `90s`, as one would write it.
  var asWritten: String {
    let (seconds, attoseconds) = components
    guard attoseconds == 0 else { return "\(seconds)\(decimals(attoseconds))s" }
    return "\(seconds)s"
  }

  private func decimals(_ attoseconds: Int64) -> String {
    let milliseconds = String(attoseconds / 1_000_000_000_000_000)
    return "." + String(repeating: "0", count: max(0, 3 - milliseconds.count)) + milliseconds
  }
}
