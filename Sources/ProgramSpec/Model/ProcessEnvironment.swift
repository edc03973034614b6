/// Variables that do not change any more, each name once, in the order in which the names first
/// came. All processes that read the same files share one set.
package final class VariableSet: Sendable {
  package static let empty = VariableSet(VariableTable())

  private let table: VariableTable
  /// Of all names and values. `Hasher` has a key that this process has chosen at random, so that no
  /// user can write a file whose variables have the hash of other variables.
  private let hash: Int

  init(_ table: VariableTable) {
    self.table = table
    var hasher = Hasher()
    for variable in table.variables {
      hasher.combine(variable.name)
      hasher.combine(variable.value)
    }
    hash = hasher.finalize()
  }

  package var variables: [Variable] { table.variables }

  /// The value of the variable `name`; nil: the set has no such variable.
  package subscript(name: String) -> String? { table[name] }
}

extension VariableSet: Equatable {
  /// The values are not compared: an update would compare them again for each process that shares
  /// the set, which takes PID 1 seconds if a file is large.
  package static func == (one: VariableSet, other: VariableSet) -> Bool {
    one === other
      || one.hash == other.hash && one.variables.count == other.variables.count
  }
}

/// The variables that a process gets besides those of the container, in layers. Where a name is in
/// several layers, the process gets the value of the last one.
package struct ProcessEnvironment: Sendable, Equatable {
  /// Of `[supervisord]`. Part of each process, so that a change there is a change of each program,
  /// as with supervisord.
  package var common = VariableSet.empty
  /// Of `home_environment`.
  package var home: [Variable] = []
  /// Of `environment_file`.
  package var files = VariableSet.empty
  /// Of `secrets` and `environment`, each name once.
  package var own: [Variable] = []

  package init() {}

  /// The value of the variable `name`; nil: no layer has it.
  package subscript(name: String) -> String? {
    own.last { $0.name == name }?.value ?? files[name]
      ?? home.last { $0.name == name }?.value ?? common[name]
  }
}

/// Variables in the order in which their names first came, each with its latest value.
struct VariableTable: Sendable {
  private(set) var variables: [Variable] = []
  private var places: [String: Int] = [:]

  subscript(name: String) -> String? { places[name].map { variables[$0].value } }

  mutating func set(_ variable: Variable) {
    if let place = places[variable.name] {
      variables[place] = variable
    } else {
      places[variable.name] = variables.count
      variables.append(variable)
    }
  }
}
