internal import ControlProtocol
internal import ProgramSpec

/// Variables, and what differs between instances.
extension AppConversion {
  mutating func writeEnvironment() {
    var variables = chosenVariables()
    let instance = fields.take("instance_var")?.word ?? "NODE_APP_INSTANCE"
    let counted = fields.take("increment_var")?.word
    var pairs: [String] = []
    if let counted, !isSingle {
      let base = variables.removeValue(forKey: counted) ?? .string("0")
      if counted.isVariable, let value = incremented(base) {
        pairs.append("\(counted)=\"\(value)\"")
      } else {
        note("increment_var=\(counted); write \(counted)=\"…%(process_num)d\" into environment")
      }
    }
    for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
      if let word = value.word, let pair = ConfigurationText.variable(name, word) {
        pairs.append(pair)
      } else {
        note("\(name)=\(value.shown) of env")
      }
    }
    if !isSingle, variables[instance] == nil, instance.isVariable {
      pairs.append("\(instance)=\"%(process_num)d\"")
    }
    if !pairs.isEmpty { section.set("environment", pairs.joined(separator: ",")) }
  }

  /// Those of `env`, and over them those of `--env`.
  private mutating func chosenVariables() -> [String: JSONValue] {
    var variables: [String: JSONValue] = [:]
    var chosen = ["env"]
    if let environment = options.environment { chosen.append("env_\(environment)") }
    for name in chosen {
      guard let value = fields.take(name) else { continue }
      if case .object(let more) = value {
        variables.merge(more) { $1 }
      } else {
        note("\(name)=\(value.shown)")
      }
    }
    return variables
  }

  /// A base that ends in zeros leaves room for the number of the process.
  private func incremented(_ base: JSONValue) -> String? {
    guard let base = base.wholeNumber, base >= 0 else { return nil }
    if base % 100 == 0, (instances ?? 100) <= 100 {
      return base == 0 ? "%(process_num)d" : "\(base / 100)%(process_num)02d"
    }
    guard base % 10 == 0, let instances, instances <= 10 else { return nil }
    return "\(base / 10)%(process_num)d"
  }
}

extension String {
  fileprivate var isVariable: Bool {
    !isEmpty
      && utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
      }
  }
}
