/// What the files of one `environment_file` give, for all sections and processes that name the same
/// files: each list is parsed once for each user, whose processes have the same copy.
struct EnvironmentFiles {
  fileprivate(set) var variables = VariableSet.empty
  /// With the variables.
  fileprivate(set) var scope: ExpansionScope
  /// Each with the item of the list that it is about.
  fileprivate(set) var problems: [(item: String, problem: ValueProblem)] = []

  fileprivate init(_ scope: ExpansionScope) { self.scope = scope }
}

extension SectionReader {
  /// The variables of `environment_file`, which the scope has from now on. The scope loses what a
  /// process that was read before has added.
  mutating func fileVariables() -> VariableSet {
    let list = text("environment_file") ?? ""
    let files = environmentFiles(list)
    scope.takeVariables(of: files.scope)
    for (item, problem) in files.problems { reject("environment_file", item, problem) }
    return files.variables
  }

  /// Each list of files is parsed once for each user.
  mutating func environmentFiles(_ list: String) -> EnvironmentFiles {
    let key = FileForReader(name: list, reader: fileReader)
    if let known = context.environmentFiles[key] { return known }
    var files = EnvironmentFiles(context.scope)
    var table = VariableTable()
    for item in Scalar.list(list) {
      let mayBeMissing = item.hasPrefix("-")
      let name = mayBeMissing ? String(item.dropFirst()).trimmed : item
      do throws(ValueProblem) {
        try parse(name, mayBeMissing: mayBeMissing, into: &table, &files.scope)
      } catch {
        files.problems.append((item, error))
      }
    }
    files.scope.shareVariables()
    files.variables = VariableSet(table)
    context.environmentFiles[key] = files
    return files
  }

  /// The user of the section, whose processes alone get the variables; nil for root, and where
  /// `user` refers to a variable, which a file may set.
  var fileReader: Surroundings.FileReader? {
    guard let entry = entry("user"), !entry.value.holds("%("),
      let identity = try? context.surroundings.identity(entry.value), identity.user != 0
    else { return nil }
    return .init(user: identity.user, group: identity.group)
  }

  private mutating func parse(
    _ name: String, mayBeMissing: Bool, into table: inout VariableTable,
    _ scope: inout ExpansionScope
  ) throws(ValueProblem) {
    let path = context.surroundings.absolute(name)
    switch context.contents(of: path, for: fileReader) {
    case .failure(.notFound) where mayBeMissing: return
    case .failure(.notFound):
      throw ValueProblem("\(name) does not exist; write -\(name) if it may be missing")
    case .failure(let problem): throw ValueProblem(name, problem)
    case .success(let file):
      let origin = context.isUntrusted(file) ? path : nil
      if origin != nil { try context.untrustedBytes.add(file.bytes.count) }
      try set(parse(file, name, scope), from: origin, in: &table, &scope)
    }
  }

  private mutating func parse(
    _ file: Surroundings.SmallFile, _ name: String, _ scope: ExpansionScope
  ) -> DotenvParser.Outcome {
    let outcome = DotenvParser.parse(file.bytes, scope)
    for problem in outcome.problems {
      context.report(
        problem.isWarning ? .warning : .error,
        Location(file: name, line: problem.line, column: problem.column),
        .environmentFile(reason: problem.reason))
    }
    return outcome
  }

  /// `origin` is the file's path if a user other than root may change the file.
  private mutating func set(
    _ outcome: DotenvParser.Outcome, from origin: String?, in table: inout VariableTable,
    _ scope: inout ExpansionScope
  ) throws(ValueProblem) {
    for variable in outcome.variables {
      let referred = outcome.untrusted[variable.name]
      if origin == nil, referred != nil {
        try context.untrustedBytes.add(variable.value.utf8.count)
      }
      table.set(variable)
      scope.setVariable(variable.name, variable.value, from: origin ?? referred)
    }
  }
}

extension ValueProblem {
  /// Why a file that a value names cannot be read.
  init(_ path: String, _ problem: FileProblem) {
    switch problem {
    case .notFound: self.init("\(path) does not exist")
    case .isDirectory: self.init("\(path) is a directory")
    case .notPermitted: self.init("\(path) may not be read: permission denied")
    case .tooLarge: self.init("\(path) is larger than 1 MiB")
    // A refusal begins with the path, or with the component that it is about.
    case .other(let text) where text.hasPrefix("/"): self.init(text)
    case .other(let text): self.init("\(path) cannot be read: \(text)")
    }
  }
}
