import Import
import ProgramSpec

/// What comes out of an import, read by the reader it is made for.
struct Loaded {
  var outcome: Importer.Outcome
  var reading: ConfigurationReader.Reading

  init(_ text: String, as path: String, environment: String? = nil, dotenv: String? = nil)
    throws(ImportProblem)
  {
    try self.init(
      Array(text.utf8), Importer.Options(path: path, environment: environment),
      dotenv.map { Array($0.utf8) })
  }

  init(_ bytes: [UInt8], _ options: Importer.Options, _ dotenv: [UInt8]? = nil)
    throws(ImportProblem)
  {
    var options = options
    options.dotenv = dotenv
    let outcome = try Importer.convert(bytes, options)
    self.outcome = outcome
    var surroundings = Surroundings()
    surroundings.processors = 4
    surroundings.currentDirectory = "/base"
    surroundings.readFile = {
      $0 == "/c.conf" ? .success(Array(outcome.text.utf8)) : .failure(.notFound)
    }
    surroundings.userNamed = {
      Surroundings.User(name: $0, user: 7, group: 7, groups: [7], home: "/", shell: "/bin/sh")
    }
    surroundings.groupNamed = { _ in 8 }
    reading = ConfigurationReader.check(path: "/c.conf", in: surroundings)
  }

  /// What the reader minds, and what it advises.
  var complaints: [String] { (reading.diagnostics + reading.advice).map { "\($0)" } }

  var errors: [String] {
    reading.diagnostics.filter { $0.severity == .error }.map { "\($0)" }
  }

  func program(_ name: String) -> Program? {
    for unit in reading.configuration?.units ?? [] where unit.name == name {
      if case .program(let program) = unit.work { return program }
    }
    return nil
  }

  func words(_ name: String) -> [String]? { program(name)?.processes.first?.execution.arguments }

  func environment(_ name: String, process: Int = 0) -> [String]? {
    guard let processes = program(name)?.processes, process < processes.count else { return nil }
    return processes[process].execution.environment.own.map { "\($0.name)=\($0.value)" }
  }

  func hook(_ name: String) -> Hook? {
    for unit in reading.configuration?.units ?? [] where unit.name == name {
      if case .hook(let hook) = unit.work { return hook }
    }
    return nil
  }
}
