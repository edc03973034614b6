/// Questions as values: what is asked of a host can be recorded, and replayed without a host.
extension Surroundings {
  package func answer(_ query: HostQuery) -> HostAnswer {
    switch query {
    case .configurationPath: .missing
    case .hostName: .text(hostName)
    case .processors: .number(UInt32(clamping: processors))
    case .file(let path): HostAnswer(readFile(path))
    case .smallFile(let path, let reader): HostAnswer(readSmallFile(path, reader))
    case .matches(let pattern): .paths(matches(pattern))
    case .isDirectory(let path): .truth(isDirectory(path))
    case .hasCommand(let name): .truth(hasCommand(name))
    case .userNamed(let name): userNamed(name).map { .user($0) } ?? .missing
    case .userNumbered(let number): userNumbered(number).map { .user($0) } ?? .missing
    case .groupNamed(let name): groupNamed(name).map { .number($0) } ?? .missing
    case .command(let name, let path): HostAnswer(command(name, path))
    }
  }

  /// The same process on a host whose answers come from `answer`.
  package func answering(_ answer: @escaping (HostQuery) -> HostAnswer) -> Surroundings {
    var host = self
    if case .text(let name) = answer(.hostName) { host.hostName = name }
    if case .number(let count) = answer(.processors) { host.processors = Int(count) }
    host.readFile = { answer(.file($0)).contents }
    host.readSmallFile = { answer(.smallFile($0, $1)).smallFile }
    host.matches = { answer(.matches($0)).paths }
    host.isDirectory = { answer(.isDirectory($0)) == .truth(true) }
    host.hasCommand = { answer(.hasCommand($0)) == .truth(true) }
    host.userNamed = { answer(.userNamed($0)).user }
    host.userNumbered = { answer(.userNumbered($0)).user }
    host.groupNamed = { answer(.groupNamed($0)).number }
    host.command = { answer(.command($0, searchPath: $1)).command }
    return host
  }

  /// What `current` asks about these identities.
  package static func queries(about identities: some Sequence<Identity>) -> Set<HostQuery> {
    let collector = QueryCollector()
    let host = Surroundings().answering(collector.note)
    for identity in identities { _ = host.current(identity) }
    return collector.queries
  }
}

/// Answers every question with something, so that the next one is asked.
private final class QueryCollector {
  var queries: Set<HostQuery> = []

  func note(_ query: HostQuery) -> HostAnswer {
    switch query {
    case .userNamed, .userNumbered:
      queries.insert(query)
      return .user(.init(name: "", user: 0, group: 0, groups: [], home: "", shell: ""))
    case .groupNamed:
      queries.insert(query)
      return .number(0)
    case .configurationPath, .hostName, .processors, .file, .smallFile, .matches, .isDirectory,
      .hasCommand, .command:
      return .missing
    }
  }
}

extension HostAnswer {
  fileprivate init(_ result: Result<[UInt8], FileProblem>) {
    switch result {
    case .success(let bytes): self = .contents(bytes)
    case .failure(let problem): self = .unreadable(problem)
    }
  }

  fileprivate init(_ result: Result<Surroundings.SmallFile, FileProblem>) {
    switch result {
    case .success(let file): self = .smallFile(file)
    case .failure(let problem): self = .unreadable(problem)
    }
  }

  fileprivate init(_ result: Result<String, CommandProblem>) {
    switch result {
    case .success(let path): self = .text(path)
    case .failure(let problem): self = .noCommand(problem)
    }
  }

  /// A file that was not there when the answers were recorded is not there for PID 1 either.
  fileprivate var contents: Result<[UInt8], FileProblem> {
    switch self {
    case .contents(let bytes): .success(bytes)
    case .unreadable(let problem): .failure(problem)
    case .missing, .text, .number, .truth, .paths, .smallFile, .user, .noCommand:
      .failure(HostAnswer.notRecorded)
    }
  }

  fileprivate var smallFile: Result<Surroundings.SmallFile, FileProblem> {
    switch self {
    case .smallFile(let file): .success(file)
    case .unreadable(let problem): .failure(problem)
    case .missing, .text, .number, .truth, .paths, .contents, .user, .noCommand:
      .failure(HostAnswer.notRecorded)
    }
  }

  private static let notRecorded = FileProblem.other(
    "it was not read with the rest of the configuration")

  /// The path of a command.
  package var command: Result<String, CommandProblem> {
    switch self {
    case .text(let path): .success(path)
    case .noCommand(let problem): .failure(problem)
    case .missing, .number, .truth, .paths, .contents, .smallFile, .unreadable, .user:
      .failure(.notFound)
    }
  }

  fileprivate var paths: [String] {
    guard case .paths(let paths) = self else { return [] }
    return paths
  }

  fileprivate var user: Surroundings.User? {
    guard case .user(let user) = self else { return nil }
    return user
  }

  fileprivate var number: UInt32? {
    guard case .number(let number) = self else { return nil }
    return number
  }
}
