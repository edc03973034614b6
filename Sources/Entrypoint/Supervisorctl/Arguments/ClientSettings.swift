internal import Linux
internal import ProgramSpec

/// What the command line and `[supervisorctl]` say together: the former wins.
struct ClientSettings {
  var serverURL: String
  var username: String
  var password: String
  var prompt: String
  var historyFile: String?

  /// The file given by `-c`, the first of the search path, or the standard values without any.
  static func read(
    _ options: CommandLineOptions, calledAs name: String
  ) -> Result<ClientSettings, UsageMistake> {
    let surroundings = Surroundings.ofClient()
    let places = ConfigurationReader.searchPath(calledAs: name)
    let found = options.configuration ?? places.first { (try? fileStatus($0)) != nil }
    guard let path = found else { return .success(ClientSettings(ControlClient(), options)) }
    let reading = ConfigurationReader.readClient(path: path, in: surroundings)
    if let client = reading.client { return .success(ClientSettings(client, options)) }
    return .failure(UsageMistake(message: complaint(reading.diagnostics)))
  }

  /// Everything that is wrong, each on a line: supervisorctl died of it with a traceback.
  private static func complaint(_ diagnostics: [Diagnostic]) -> String {
    let errors = diagnostics.filter { $0.severity == .error }
    guard !errors.isEmpty else { return ".ini file does not include supervisorctl section" }
    return errors.map { diagnostic in
      let place = diagnostic.location
      // What is wrong with the whole file names it in its own sentence.
      return place.line == 0
        ? diagnostic.problem.sentence
        : "\(place.file), line \(place.line): \(diagnostic.problem.sentence)"
    }.joined(separator: "\n")
  }

  init(_ client: ControlClient, _ options: CommandLineOptions) {
    serverURL = options.serverURL ?? Self.resolved(client.serverURL)
    username = options.username ?? client.username ?? ""
    password = options.password ?? client.password ?? ""
    prompt = client.prompt
    historyFile = options.historyFile ?? client.historyFile
  }

  /// In a file a unix socket may be relative or begin with `~`; on the command line it may not.
  private static func resolved(_ url: String) -> String {
    guard url.hasPrefix(ServerURL.local) else { return url }
    var path = String(url.dropFirst(ServerURL.local.count))
    if path == "~" || path.hasPrefix("~/") {
      path = (ThisProcess.variable("HOME") ?? "") + path.dropFirst()
    }
    if !path.hasPrefix("/") { path = "\(Linux.currentDirectory())/\(path)" }
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return ServerURL.local + "/" + parts.joined(separator: "/")
  }
}

extension Surroundings {
  /// As much of the machine as the client's section can ask about.
  fileprivate static func ofClient() -> Surroundings {
    var surroundings = Surroundings()
    for entry in ThisProcess.environment {
      guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(entry[..<equals])
      surroundings.environment[name] = String(entry[entry.utf8.index(after: equals)...])
    }
    surroundings.currentDirectory = Linux.currentDirectory()
    surroundings.readFile = { path in
      do throws(Errno) { return .success(try Linux.readFile(path)) } catch {
        switch error {
        case .notFound, .notDirectory: return .failure(.notFound)
        default: return .failure(.other(error.message))
        }
      }
    }
    return surroundings
  }
}
