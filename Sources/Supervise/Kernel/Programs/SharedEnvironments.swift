internal import Linux
internal import ProgramSpec

/// The environments that processes share: the container's, and each with the variables of
/// `[supervisord]` and of environment files on top of another one. A file of many variables is in
/// PID 1's memory once, however many processes have it.
final class SharedEnvironments {
  private struct Layer {
    /// The layer below.
    var base: SharedEnvironment
    var variables: VariableSet
    var environment: SharedEnvironment
  }

  /// What every process inherits from the container.
  let inherited: SharedEnvironment
  private var layers: [Layer] = []
  /// How many layers there may be before unused ones are looked for.
  private var sweepCount = 16

  /// Each entry is `NAME=value`.
  init(_ inherited: [String]) { self.inherited = SharedEnvironment(inherited) }

  /// `defaults` replace variables of the container, and no others. The layers of files are below
  /// the process's own variables, so that processes share them: what is of a lower layer is left
  /// out where the files have the name.
  func environment(
    of execution: Execution, replacing defaults: [Variable] = [], adding others: [Variable] = []
  ) -> ProgramEnvironment {
    let layers = execution.environment
    var environment = ProgramEnvironment(
      self.environment(of: [layers.common, layers.files]))
    for variable in defaults where layers.common[variable.name] == nil {
      environment.setUnless(layers.files, variable)
    }
    for name in execution.removedVariables where layers.files[name] == nil {
      environment.remove(name)
    }
    for variable in layers.home { environment.setUnless(layers.files, variable) }
    for variable in layers.own + others { environment.set(variable.name, variable.value) }
    return environment
  }

  /// The container's variables with those of all sets, of which later ones win.
  private func environment(of sets: [VariableSet]) -> SharedEnvironment {
    var found = inherited
    for variables in sets where !variables.variables.isEmpty {
      found = layer(over: found, variables)
    }
    return found
  }

  private func layer(
    over base: SharedEnvironment, _ variables: VariableSet
  ) -> SharedEnvironment {
    if let known = layers.first(where: { $0.base === base && $0.variables === variables }) {
      return known.environment
    }
    var changed = ProgramEnvironment(base)
    for variable in variables.variables { changed.set(variable.name, variable.value) }
    let layer = Layer(
      base: base, variables: variables, environment: SharedEnvironment(changed))
    dropUnused()
    layers.append(layer)
    return layer.environment
  }

  /// A layer that only this table refers to belongs to no process that was prepared for a start:
  /// for example to one that has left the configuration.
  private func dropUnused() {
    guard layers.count >= sweepCount else { return }
    var kept: [Layer] = []
    while var layer = layers.popLast() {
      if !isKnownUniquelyReferenced(&layer.environment) { kept.append(layer) }
    }
    layers = kept.reversed()
    sweepCount = max(16, 2 * layers.count)
  }
}

extension ProgramEnvironment {
  fileprivate mutating func setUnless(_ files: VariableSet, _ variable: Variable) {
    if files[variable.name] == nil { set(variable.name, variable.value) }
  }
}
