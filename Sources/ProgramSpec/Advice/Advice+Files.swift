/// Files that decide what root runs, and that the user of a program may change.
extension Advice {
  /// A file, and what a user who changes it gains.
  private struct DecidingFile {
    var path: String
    var location: Location
    var gain: String
  }

  @Sendable static func writableFile(_ subject: AdviceSubject) -> [Finding] {
    guard subject.surroundings.credentials.user == 0 else { return [] }
    let references = subject.configuration.units.compactMap { untrustedReference($0, subject) }
    let identities = subject.configuration.unprivilegedIdentities
    guard !identities.isEmpty else { return references }
    var seen: Set<String> = []
    return decidingFiles(subject).compactMap { file in
      guard seen.insert(file.path).inserted else { return nil }
      return finding(file, identities, subject.surroundings)
    } + references
  }

  /// A template of root's that refers to a variable from a file that a user may change fails.
  private static func untrustedReference(_ unit: Unit, _ subject: AdviceSubject) -> Finding? {
    guard case .template(let step) = unit.work, (step.owner?.user ?? 0) == 0,
      case .success(let file) = subject.surroundings.readSmallFile(step.source, nil)
    else { return nil }
    let names = file.bytes.templateReferences
    for untrusted in subject.configuration.supervisor.untrusted {
      guard let name = untrusted.names.first(where: names.contains) else { continue }
      return Finding(
        unit.location,
        "\(step.source) refers to ${\(name)} of \(untrusted.file), which a user other than root "
          + "may change: the step will fail; write owner= with the user who reads "
          + "\(step.destination), or chown root and chmod go-w for \(untrusted.file)")
    }
    return nil
  }

  private static func finding(
    _ file: DecidingFile, _ identities: [Identity], _ surroundings: Surroundings
  ) -> Finding? {
    for identity in identities {
      guard let component = surroundings.component(of: file.path, changeableBy: identity) else {
        continue
      }
      let user = identity.userName ?? "uid \(identity.user)"
      let what = component == file.path ? "\(file.path)" : "\(component) and so \(file.path)"
      return Finding(
        file.location,
        "\(user), as whom a program runs, may change \(what), \(file.gain); "
          + "write chown root and chmod go-w for \(component)")
    }
    return nil
  }

  private static func decidingFiles(_ subject: AdviceSubject) -> [DecidingFile] {
    let document = subject.document
    var files = document.files.map { path in
      DecidingFile(
        path: path, location: Location(file: path, line: 1, column: 1),
        gain: "from which the supervisor, as root, takes its commands")
    }
    for section in document.sections {
      files += decidingFiles(section, in: subject)
    }
    return files.map { file in
      var file = file
      file.path = subject.surroundings.absolute(file.path)
      return file
    }
  }

  private static func decidingFiles(
    _ section: IniDocument.Section, in subject: AdviceSubject
  ) -> [DecidingFile] {
    let kind = UnitKind.of(section: section.name)
    let isRoots = subject.runsAsRoot(section) || section.name == "supervisord"
    guard isRoots else { return [] }
    var files = section.paths("environment_file").map { path, location in
      DecidingFile(
        path: path, location: location,
        gain: "which sets variables of root's processes (LD_PRELOAD makes them run any code)")
    }
    if kind == .template {
      files += section.paths("source").map { path, location in
        DecidingFile(path: path, location: location, gain: "of which root makes a file")
      }
    }
    if let entry = section.entry("command"), let command = subject.command(of: section),
      command.hasPrefix("/")
    {
      files.append(
        DecidingFile(path: command, location: entry.location, gain: "which runs as root"))
    }
    return files
  }
}

extension AdviceSubject {
  /// Whether what this section describes runs as root: a step, or a command without another user.
  fileprivate func runsAsRoot(_ section: IniDocument.Section) -> Bool {
    guard let unit = unit(of: section) else { return false }
    let executions = unit.executions
    return executions.isEmpty || executions.contains { ($0.identity?.user ?? 0) == 0 }
  }

  /// The first word of its command.
  fileprivate func command(of section: IniDocument.Section) -> String? {
    unit(of: section)?.executions.first?.arguments.first
  }

  private func unit(of section: IniDocument.Section) -> Unit? {
    guard let kind = UnitKind.of(section: section.name) else { return nil }
    let name = String(section.name.dropFirst(kind.prefix.count + 1)).trimmed
    return configuration.units.first { $0.name == name }
  }
}

extension [UInt8] {
  /// The names that stand after `${`.
  fileprivate var templateReferences: Set<String> {
    var names: Set<String> = []
    for start in indices.dropLast(2) where self[start...].starts(with: "${".utf8) {
      let name = self[(start + 2)...].prefix { $0.isVariableName }
      names.insert(String(decoding: name, as: UTF8.self))
    }
    return names
  }
}

extension Configuration {
  /// As whom programs run that do not run as root, each user once.
  fileprivate var unprivilegedIdentities: [Identity] {
    var found: [Identity] = []
    for identity in units.flatMap(\.executions).compactMap(\.identity)
    where identity.user != 0 && !found.contains(where: { $0.user == identity.user }) {
      found.append(identity)
    }
    return found
  }
}

extension Unit {
  /// Of its commands; empty for a step of the supervisor's own.
  fileprivate var executions: [Execution] {
    switch work {
    case .program(let program): program.processes.map(\.execution)
    case .hook(let hook): [hook.execution]
    case .cron(let cron): [cron.execution]
    case .wait, .directory, .template: []
    }
  }
}

extension IniDocument {
  /// Each file that has a section.
  fileprivate var files: [String] {
    var found: [String] = []
    for section in sections where !found.contains(section.location.file) {
      found.append(section.location.file)
    }
    return found
  }
}

extension IniDocument.Section {
  /// The files of a list, as they are written; what depends on variables is unknown.
  fileprivate func paths(_ key: String) -> [(path: String, location: Location)] {
    guard let entry = entry(key) else { return [] }
    return Scalar.list(entry.value).filter { !$0.contains("%") && !$0.contains("$") }.map {
      ($0.hasPrefix("-") ? String($0.dropFirst()) : $0, entry.location)
    }
  }
}
