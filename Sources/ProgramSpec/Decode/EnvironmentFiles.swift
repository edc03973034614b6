/// What the files of one `environment_file` give, for all sections and processes that name the same
/// files: PID 1 reads the configuration again while it supervises, and a user who may change a file
/// must not be able to keep PID 1 busy with it.
struct EnvironmentFiles {
  /// Of all files of the configuration together. PID 1 parses so much in less than 50 ms.
  static let maxBytes = 4 << 20
  /// Of all processes together.
  static let maxVariables = 200_000

  fileprivate(set) var variables = VariableTable()
  /// With the variables.
  fileprivate(set) var scope: ExpansionScope
  /// Each with the item of the list that it is about.
  fileprivate(set) var problems: [(item: String, problem: ValueProblem)] = []

  fileprivate init(_ scope: ExpansionScope) { self.scope = scope }
}

extension SectionReader {
  /// The variables of `environment_file`, which the scope has from now on. The scope loses what a
  /// process that was read before has added.
  mutating func fileVariables() -> VariableTable {
    let list = text("environment_file") ?? ""
    let files = context.environmentFiles[list] ?? parseFiles(list)
    scope.takeVariables(of: files.scope)
    for (item, problem) in files.problems { reject("environment_file", item, problem) }
    context.fileVariableCount += files.variables.variables.count
    if context.fileVariableCount > EnvironmentFiles.maxVariables {
      reject(
        "environment_file", list,
        ValueProblem(
          "environment files give all processes together more than "
            + "\(EnvironmentFiles.maxVariables) variables"))
      return VariableTable()
    }
    return files.variables
  }

  private mutating func parseFiles(_ list: String) -> EnvironmentFiles {
    var files = EnvironmentFiles(context.scope)
    for item in Scalar.list(list) {
      let mayBeMissing = item.hasPrefix("-")
      let name = mayBeMissing ? String(item.dropFirst()).trimmed : item
      do throws(ValueProblem) {
        try parse(name, mayBeMissing: mayBeMissing, into: &files)
      } catch {
        files.problems.append((item, error))
      }
    }
    context.environmentFiles[list] = files
    return files
  }

  private mutating func parse(
    _ name: String, mayBeMissing: Bool, into files: inout EnvironmentFiles
  ) throws(ValueProblem) {
    let path = context.surroundings.absolute(name)
    switch context.contents(of: path) {
    case .failure(.notFound) where mayBeMissing: return
    case .failure(.notFound):
      throw ValueProblem("\(name) does not exist; write -\(name) if it may be missing")
    case .failure(let problem): throw ValueProblem(name, problem)
    case .success(let file):
      context.environmentFileBytes += file.bytes.count
      guard context.environmentFileBytes <= EnvironmentFiles.maxBytes else {
        throw ValueProblem("the environment files of all sections together are larger than 4 MB")
      }
      parse(file, name, path, into: &files)
    }
  }

  private mutating func parse(
    _ file: Surroundings.SmallFile, _ name: String, _ path: String,
    into files: inout EnvironmentFiles
  ) {
    let outcome = DotenvParser.parse(file.bytes, files.scope)
    for problem in outcome.problems {
      context.report(
        problem.isWarning ? .warning : .error,
        Location(file: name, line: problem.line, column: problem.column),
        .environmentFile(reason: problem.reason))
    }
    let origin = context.isUntrusted(file) ? path : nil
    for variable in outcome.variables {
      files.variables.set(variable)
      files.scope.setVariable(
        variable.name, variable.value, from: origin ?? outcome.untrusted[variable.name])
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
    case .tooLarge: self.init("\(path) is larger than 1 MB")
    case .other(let text): self.init("\(path) cannot be read: \(text)")
    }
  }
}

/// Variables in the order in which their names first came, each with its latest value.
struct VariableTable {
  private(set) var variables: [Variable] = []
  private var places: [String: Int] = [:]

  mutating func set(_ variable: Variable) {
    if let place = places[variable.name] {
      variables[place] = variable
    } else {
      places[variable.name] = variables.count
      variables.append(variable)
    }
  }
}
