/// The variables that a section adds to the environment. `others` go before those of the files.
struct SectionVariables {
  /// Of `environment_file`.
  var files: VariableSet
  /// Of `secrets` and `environment`, each name once.
  var others: [Variable]
}

/// The variables that a section adds to the environment: `environment_file`, then `secrets`, then
/// `environment`; later wins, and may refer to those before. All count for `%(ENV_x)s` in the
/// section's other keys.
extension SectionReader {
  mutating func variables() -> SectionVariables {
    let files = fileVariables()
    var others = VariableTable()
    let secrets = secrets()
    for variable in secrets { others.set(variable) }
    for (variable, file) in pairs("environment") {
      if secrets.contains(where: { $0.name == variable.name }) { rejectTwice(variable.name) }
      others.set(variable)
      scope.setVariable(variable.name, variable.value, from: file)
    }
    return SectionVariables(files: files, others: others.variables)
  }

  private mutating func rejectTwice(_ name: String) {
    reject(
      "secrets", text("secrets") ?? "",
      ValueProblem("\(name) stands in environment= too; leave it out of one of them"))
  }

  /// Between quotation marks a variable's value is taken as it is, whatever stands in it: the pairs
  /// are told apart before it is put in. Elsewhere it is put in first, as supervisord does it, and
  /// may be several pairs. Each comes with the file of an untrusted variable that it refers to.
  private mutating func pairs(_ key: String) -> [(variable: Variable, file: String?)] {
    guard let entry = entry(key), let pairs = EnvironmentPairs.quoted(in: entry.value) else {
      let pairs = value(key, [], EnvironmentPairs.parse)
      // After the expansion, which knows all that the value may refer to.
      let file = untrusted(in: entry(key)?.value ?? "")?.file
      return pairs.map { ($0, file) }
    }
    guard text(key) != nil else { return [] }
    return pairs.map { pair in
      let value = expand(pair.value, of: key, at: entry.location) ?? ""
      return (Variable(pair.name, value), untrusted(in: pair.value)?.file)
    }
  }
}

extension SectionReader {
  /// From the file that `X_FILE` names, else from `/run/secrets/X`.
  private mutating func secrets() -> [Variable] {
    var found: [Variable] = []
    let text = text("secrets") ?? ""
    for name in Scalar.list(text) {
      do throws(ValueProblem) {
        let (value, file) = try secret(name)
        found.append(Variable(name, value))
        context.conceal(value)
        scope.setVariable(name, value, from: file)
        scope.conceal(name)
      } catch { reject("secrets", text, error) }
    }
    return found
  }

  /// The value, and the path of its file where a user other than root may choose the value.
  private mutating func secret(
    _ name: String
  ) throws(ValueProblem) -> (value: String, file: String?) {
    guard let first = name.utf8.first, !first.isDigit,
      name.utf8.allSatisfy({ $0.isVariableName })
    else {
      throw ValueProblem("\(name.quoted) is no name of a variable; write one like DB_PASSWORD")
    }
    let named = try fileName("\(name)_FILE")
    let path = named.map(context.surroundings.absolute) ?? "/run/secrets/\(name)"
    switch context.contents(of: path, for: fileReader) {
    case .success(let file):
      return (try text(of: name, path, file.bytes), context.isUntrusted(file) ? path : nil)
    case .failure(let problem):
      let start =
        named == nil
        ? "\(name)_FILE is not set, and " : "\(name)_FILE names a file that cannot be used: "
      throw ValueProblem(
        start + ValueProblem(path, problem).reason
          + "; mount the secret \(name), or set \(name)_FILE to its path")
    }
  }

  /// Also where the section's own `environment` has it, which is read after the secrets. A user who
  /// may choose the name could have any file of root's read, and given to a program.
  private mutating func fileName(_ name: String) throws(ValueProblem) -> String? {
    var found = scope.variable(name)
    var untrusted = scope.file(of: name).map { (name: name, file: $0) }
    if let entry = entry("environment"), let pairs = try? EnvironmentPairs.parse(entry.value),
      let own = pairs.first(where: { $0.name == name })
    {
      found = expand(own.value, of: "environment", at: entry.location)
      untrusted = self.untrusted(in: own.value)
    }
    if let untrusted {
      throw ValueProblem(
        "\(untrusted.name) comes from \(untrusted.file), which a user other than root may "
          + "change, and would decide which file root reads; write the path of the secret in "
          + "environment=\(name)=\"/path\", or let only root change the file and its directory "
          + "(chown root, chmod go-w)")
    }
    return found.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Without the line end that an editor or `echo` leaves.
  private func text(
    of name: String, _ path: String, _ bytes: [UInt8]
  ) throws(ValueProblem) -> String {
    var content = bytes[...]
    if content.last == 10 {
      content = content.dropLast()
      if content.last == 13 { content = content.dropLast() }
    }
    let text = String(decoding: content, as: UTF8.self)
    guard content.count <= DotenvParser.longestValue else {
      throw ValueProblem("\(path) is longer than 127 KiB, which no variable can be")
    }
    guard text.utf8.elementsEqual(content), !content.contains(0) else {
      throw ValueProblem("\(path) is not UTF-8 text, which a variable has to be")
    }
    return text
  }
}
