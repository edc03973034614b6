/// A question about the host on whose answer a configuration, or the start of a program, depends.
package enum HostQuery: Sendable, Hashable {
  /// Where the configuration was found; no question to the host, but recorded with the answers.
  case configurationPath
  case hostName
  case processors
  /// The contents of a file, and of one that may have at most 1 MiB.
  case file(String)
  case smallFile(String, Surroundings.FileReader?)
  /// Paths that match a shell pattern.
  case matches(String)
  case isDirectory(String)
  case hasCommand(String)
  case userNamed(String)
  case userNumbered(UInt32)
  case groupNamed(String)
  /// The file that the first word of a command means, looked for in a PATH.
  case command(String, searchPath: String)

  /// Whether the answer says how to start a program, rather than what the configuration is.
  package var isAboutStarting: Bool {
    switch self {
    case .userNamed, .userNumbered, .groupNamed, .command: true
    case .configurationPath, .hostName, .processors, .file, .smallFile, .matches, .isDirectory,
      .hasCommand:
      false
    }
  }
}

/// The answer to a `HostQuery`.
package enum HostAnswer: Sendable, Equatable {
  /// Not answered, or nothing was found.
  case missing
  case text(String)
  case number(UInt32)
  case truth(Bool)
  case paths([String])
  case contents([UInt8])
  case smallFile(Surroundings.SmallFile)
  case unreadable(FileProblem)
  case user(Surroundings.User)
  case noCommand(CommandProblem)
}

/// Why a command cannot be run, as supervisord tells the causes apart.
package enum CommandProblem: UInt8, Error, Sendable, Equatable, CaseIterable {
  case notFound, isDirectory, notExecutable, notPermitted
}
