internal import ProgramSpec

/// Configurations of other process managers, made into ours. Text in, text out; no I/O.
///
/// Whatever a file says, what comes out can be loaded: what could not is left out and said.
package enum Importer {
  package struct Options: Sendable, Equatable {
    /// The path as it was given, for messages.
    package var path: String
    /// `--env production`: the fields of `env_production` go before those of `env`.
    package var environment: String?
    /// Contents of the `.env` beside a Procfile; nil where there is none.
    package var dotenv: [UInt8]?

    package init(path: String, environment: String? = nil, dotenv: [UInt8]? = nil) {
      self.path = path
      self.environment = environment
      self.dotenv = dotenv
    }
  }

  package struct Outcome: Sendable, Equatable {
    /// A configuration.
    package var text: String
    /// What is not carried over.
    package var notes: [String]
  }

  package enum Kind: Sendable, Equatable {
    case procfile, ecosystem
    /// Needs Node to be read.
    case javaScript
    case yaml
    /// Nothing to import.
    case ours
  }

  package static func kind(of path: String) -> Kind {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if name.hasSuffix(".json") { return .ecosystem }
    if [".js", ".cjs", ".mjs", ".ts"].contains(where: name.hasSuffix) { return .javaScript }
    if name.hasSuffix(".yml") || name.hasSuffix(".yaml") { return .yaml }
    return [".conf", ".ini"].contains(where: name.hasSuffix) ? .ours : .procfile
  }

  package static func convert(
    _ bytes: [UInt8], _ options: Options
  ) throws(ImportProblem) -> Outcome {
    // A byte-order mark is what an editor left.
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    switch kind(of: options.path) {
    case .procfile: return try Procfile.convert(bytes, options)
    case .ecosystem: return try Ecosystem.convert(bytes, options)
    case .javaScript: throw ImportProblem(reason: javaScript(options.path))
    case .yaml:
      throw ImportProblem(
        reason: "YAML is not read; make JSON of it: npx js-yaml \(options.path) > "
          + "ecosystem.config.json")
    case .ours:
      throw ImportProblem(
        reason: "this is a configuration already; try entrypoint check -c \(options.path)")
    }
  }

  private static func javaScript(_ path: String) -> String {
    let place = path.hasPrefix("/") || path.hasPrefix(".") ? path : "./\(path)"
    return "only Node can read JavaScript; make JSON of it: node -p "
      + "'JSON.stringify(require(\"\(place)\"), null, 2)' > ecosystem.config.json"
  }
}

/// Why a file cannot be imported.
package struct ImportProblem: Error, Sendable, Equatable {
  /// Counted from 1; zero where the whole file is meant.
  package var line = 0
  package var column = 0
  package var reason: String
}
