internal import SafeText

/// Goes through the sections of a document and makes a configuration of them.
struct DocumentDecoder {
  private let document: IniDocument
  /// As the file has it, where the command line says something else.
  private let asWritten: IniDocument?
  private(set) var context: ReadingContext
  private var configuration = Configuration()
  /// Names of groups, by the program they list.
  private var groupsOfProgram: [String: [String]] = [:]
  private var disabled: Set<String> = []
  /// Of the units, by name.
  private var places: [String: Int] = [:]

  init(_ document: IniDocument, asWritten: IniDocument? = nil, _ context: ReadingContext) {
    self.document = document
    self.asWritten = asWritten
    self.context = context
  }

  mutating func decode(root: String) -> Configuration {
    readSupervisor(root)
    promiseDirectories()
    readGroups()
    for section in document.sections { read(section) }
    var resolver = ReferenceResolver(configuration, disabled: disabled)
    resolver.resolve(document, &context)
    return resolver.configuration
  }

  private mutating func readSupervisor(_ root: String) {
    guard let section = document.section("supervisord") else {
      let place = Location(file: root, line: 0, column: 0)
      return context.report(.error, place, .noSupervisordSection)
    }
    // What the command line replaces has to be right nevertheless.
    if let section = asWritten?.section("supervisord") {
      _ = reading(section, .supervisord) { $0.supervisor() }
    }
    configuration.supervisor = reading(section, .supervisord) { $0.supervisor() }
    // A daemon goes there before it opens any log of a program.
    if context.surroundings.calledAs == .supervisord, !configuration.supervisor.nodaemon {
      context.surroundings.logDirectory = configuration.supervisor.directory
    }
  }

  /// A log may go to a directory that a `[directory:x]` makes before any program starts.
  private mutating func promiseDirectories() {
    var promised: [String] = []
    for section in document.sections where section.name.hasPrefix("directory:") {
      var reader = SectionReader(section, .directory, defaults: document.defaults, context)
      promised += reader.directory()?.paths ?? []
    }
    let exists = context.surroundings.isDirectory
    context.surroundings.isDirectory = { path in
      promised.contains { $0 == path || $0.hasPrefix("\(path)/") } || exists(path)
    }
  }

  private mutating func readGroups() {
    for section in document.sections where section.name.hasPrefix("group:") {
      var group = Group(name: String(section.name.dropFirst(6)).trimmed)
      group.location = section.location
      (group.programs, group.priority) = reading(section, .group) { reader in
        (Scalar.list(reader.text("programs") ?? ""), reader.value("priority", 999, Scalar.integer))
      }
      for program in group.programs { groupsOfProgram[program, default: []].append(group.name) }
      configuration.groups.append(group)
    }
  }

  private mutating func read(_ section: IniDocument.Section) {
    let name = section.name
    if let kind = UnitKind.of(section: name) { return readUnit(section, kind) }
    if name.hasPrefix("unix_http_server") {
      if let server = reading(section, .unixServer, { $0.server() }) {
        configuration.servers.append(server)
      }
    } else if name.hasPrefix("inet_http_server") {
      if let server = reading(section, .inetServer, { $0.server() }) {
        configuration.servers.append(server)
      }
    } else if name == "supervisorctl" {
      configuration.client = reading(section, .client) { $0.client() }
    } else {
      readOther(section)
    }
  }

  private mutating func readOther(_ section: IniDocument.Section) {
    let name = section.name
    if name.hasPrefix("rpcinterface:") || name.hasPrefix("ctlplugin:") {
      let own = "supervisor.rpcinterface:make_main_rpcinterface"
      let factory = section.entry("supervisor.rpcinterface_factory")?.value.trimmed
      guard factory != own else { return }
      return context.report(.warning, section.location, .foreignPlugin(section: name))
    }
    guard name != "supervisord", name != "include", !name.hasPrefix("group:") else { return }
    context.report(
      .warning, section.location,
      .unknownSection(name, suggestion: UnitKind.nearestSection(to: name)))
  }

  private mutating func readUnit(_ section: IniDocument.Section, _ kind: UnitKind) {
    let name = String(section.name.dropFirst(kind.prefix.count + 1)).trimmed
    let groups = groupsOfProgram[name] ?? [name]
    let supervisor = configuration.supervisor
    let unit = reading(section, kind.keys) { reader -> Unit? in
      for character: Character in [" ", ":", "/"] where name.contains(character) {
        reader.context.report(.error, section.location, .badName(name, character: character))
      }
      reader.readAhead(for: "enabled")
      guard reader.value("enabled", true, Scalar.bool) else { return nil }
      let unit = reader.unit(kind, named: name, groups: groups, format: supervisor.logFormat)
      if let unit { reader.checkDescriptors(of: unit.work, stripsANSI: supervisor.stripANSI) }
      return unit
    }
    guard let unit else {
      disabled.insert(name)
      return
    }
    if let other = places[name] {
      // supervisord ignores the second of two groups of one name; nobody else ever had two.
      let areBothPrograms = unit.isProgram && configuration.units[other].isProgram
      context.report(
        areBothPrograms ? .warning : .error, section.location, .repeatedName(name))
      if areBothPrograms { return }
    }
    places[name] = configuration.units.count
    configuration.units.append(unit)
  }

  /// Lends the context to the reader of one section, and takes it back.
  private mutating func reading<Value>(
    _ section: IniDocument.Section, _ kinds: Key.Kinds, _ read: (inout SectionReader) -> Value
  ) -> Value {
    var reader = SectionReader(section, kinds, defaults: document.defaults, context.lent())
    let value = read(&reader)
    reader.finish()
    context = reader.context
    return value
  }
}

/// The sections that are units.
enum UnitKind: CaseIterable {
  case wait, directory, template, hook, program, fastCGI, listener, cron

  /// Before the colon.
  var prefix: String { keys.names[0] }

  var keys: Key.Kinds {
    switch self {
    case .wait: .wait
    case .directory: .directory
    case .template: .template
    case .hook: .hook
    case .program: .program
    case .fastCGI: .fastCGI
    case .listener: .listener
    case .cron: .cron
    }
  }

  static func of(section: String) -> UnitKind? {
    allCases.first { section.hasPrefix("\($0.prefix):") }
  }

  static func nearestSection(to name: String) -> String? {
    // Of the supervisord written in Go.
    if name == "program-default" { return "DEFAULT" }
    let parts = name.fields(separatedBy: ":", maxSplits: 1, omittingEmpty: false)
    let word = String(parts.first ?? "")
    let known = allCases.map(\.prefix) + ["group", "rpcinterface", "ctlplugin"]
    let plain = ["supervisord", "supervisorctl", "include", "unix_http_server", "inet_http_server"]
    guard parts.count == 2 else {
      return nearest(to: word, among: plain + known).map { known.contains($0) ? "\($0):…" : $0 }
    }
    return nearest(to: word, among: known).map { "\($0):\(parts[1])" }
  }
}

extension SectionReader {
  mutating func unit(
    _ kind: UnitKind, named name: String, groups: [String], format: LogFormat
  ) -> Unit? {
    let work: Unit.Work? =
      switch kind {
      case .wait: wait().map { .wait($0) }
      case .directory: directory().map { .directory($0) }
      case .template: template().map { .template($0) }
      case .hook: .hook(hook(format: format))
      case .cron: cron(format: format).map { .cron($0) }
      case .program, .fastCGI, .listener:
        .program(program(named: name, groups: groups, format: format))
      }
    let priority = value("priority", kind == .listener ? -1 : 999, Scalar.integer)
    let summary = text("description") ?? ""
    guard let work else { return nil }
    var unit = Unit(name: name, work: work)
    unit.priority = priority
    unit.summary = summary
    unit.location = section.location
    return unit
  }
}
