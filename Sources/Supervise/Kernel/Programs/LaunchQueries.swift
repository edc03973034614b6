package import ProgramSpec

/// What starting programs depends on at the host: the files that commands mean, and whose user and
/// group names are.
package struct LaunchQueries {
  /// Where commands are looked for whose program sets no PATH of its own.
  private let searchPath: String

  /// `environment` is what programs inherit, each entry `NAME=value`.
  package init(environment: [String]) {
    let path = environment.first { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) }
    searchPath = path ?? "/bin:/usr/bin:/usr/local/bin"
  }

  /// Of all units.
  package func queries(of configuration: Configuration) -> Set<HostQuery> {
    queries(of: configuration.units.map { ($0.work, nil) })
  }

  /// Of units, each with the number of the one process that is meant; nil: all its processes.
  func queries(of works: [(work: Unit.Work, process: Int?)]) -> Set<HostQuery> {
    var identities: [Identity] = []
    var queries: Set<HostQuery> = []
    for (work, process) in works {
      let executions = work.executions(ofProcess: process)
      identities += executions.compactMap(\.identity) + work.owners
      for execution in executions { command(of: execution).map { _ = queries.insert($0) } }
    }
    return queries.union(Surroundings.queries(about: identities))
  }

  /// nil: it has no command that could be looked up.
  func command(of execution: Execution) -> HostQuery? {
    guard execution.problem == nil, let name = execution.arguments.first else { return nil }
    let path = execution.environment["PATH"] ?? searchPath
    return .command(name, searchPath: path)
  }
}

extension Unit.Work {
  fileprivate func executions(ofProcess number: Int?) -> [Execution] {
    switch self {
    case .program(let program):
      let processes = number.map { Array(program.processes[$0...$0]) } ?? program.processes
      return processes.flatMap { process -> [Execution] in
        guard !process.stopCommand.isEmpty else { return [process.execution] }
        var stopping = process.execution
        stopping.arguments = process.stopCommand
        return [process.execution, stopping]
      }
    case .hook(let hook): return [hook.execution]
    case .cron(let cron): return [cron.execution]
    case .wait(let wait):
      guard case .command(let execution) = wait.condition else { return [] }
      return [execution]
    case .directory, .template: return []
    }
  }

  fileprivate var owners: [Identity] {
    switch self {
    case .directory(let step): [step.owner].compactMap { $0 }
    case .template(let step): [step.owner].compactMap { $0 }
    case .program, .hook, .cron, .wait: []
    }
  }
}
