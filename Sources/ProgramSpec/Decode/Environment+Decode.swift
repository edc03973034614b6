/// The variables that a section adds to the environment: `environment_file`, then `secrets`, then
/// `environment`; later wins, and may refer to those before. All count for `%(ENV_x)s` in the
/// section's other keys.
extension SectionReader {
  mutating func variables() -> [Variable] {
    var all = fileVariables()
    let secrets = secrets()
    for variable in secrets { all.set(variable) }
    for variable in pairs("environment") {
      if secrets.contains(where: { $0.name == variable.name }) { rejectTwice(variable.name) }
      all.set(variable)
      scope.setVariable(variable.name, variable.value)
    }
    return all.variables
  }

  private mutating func rejectTwice(_ name: String) {
    reject(
      "secrets", text("secrets") ?? "",
      ValueProblem("\(name) stands in environment= too; leave it out of one of them"))
  }

  /// Between quotation marks a variable's value is taken as it is, whatever stands in it: the pairs
  /// are told apart before it is put in. Elsewhere it is put in first, as supervisord does it, and
  /// may be several pairs.
  mutating func pairs(_ key: String) -> [Variable] {
    guard let entry = entry(key), let pairs = EnvironmentPairs.quoted(in: entry.value) else {
      return value(key, [], EnvironmentPairs.parse)
    }
    guard text(key) != nil else { return [] }
    return pairs.map { pair in
      Variable(pair.name, expand(pair.value, of: key, at: entry.location) ?? "")
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
        let variable = Variable(name, try secret(name))
        found.append(variable)
        context.conceal(variable.value)
        scope.setVariable(name, variable.value)
        scope.conceal(name)
      } catch { reject("secrets", text, error) }
    }
    return found
  }

  private mutating func secret(_ name: String) throws(ValueProblem) -> String {
    guard let first = name.utf8.first, !first.isDigit,
      name.utf8.allSatisfy({ $0.isVariableName })
    else {
      throw ValueProblem("\(name.quoted) is no name of a variable; write one like DB_PASSWORD")
    }
    let named = fileName("\(name)_FILE")
    let path = named.map(context.surroundings.absolute) ?? "/run/secrets/\(name)"
    switch context.contents(of: path) {
    case .success(let bytes): return try text(of: name, path, bytes)
    case .failure(let problem):
      let start =
        named == nil
        ? "\(name)_FILE is not set, and " : "\(name)_FILE names a file that cannot be used: "
      throw ValueProblem(
        start + ValueProblem(path, problem).reason
          + "; mount the secret \(name), or set \(name)_FILE to its path")
    }
  }

  /// Also where the section's own `environment` has it, which is read after the secrets.
  private mutating func fileName(_ name: String) -> String? {
    var found = scope.variable(name)
    if let entry = entry("environment"), let pairs = try? EnvironmentPairs.parse(entry.value),
      let own = pairs.first(where: { $0.name == name })
    {
      found = expand(own.value, of: "environment", at: entry.location)
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
      throw ValueProblem("\(path) is longer than 127 KB, which no variable can be")
    }
    guard text.utf8.elementsEqual(content), !content.contains(0) else {
      throw ValueProblem("\(path) is not UTF-8 text, which a variable has to be")
    }
    return text
  }
}
