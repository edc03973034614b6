/// `[include]`: further files, in the order of their patterns and then of their names.
struct Includes {
  let surroundings: Surroundings
  private(set) var diagnostics: [Diagnostic] = []

  init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  mutating func read(into document: inout IniDocument, root: String) {
    guard let section = document.section("include") else { return }
    guard let entry = section.entry("files") else {
      return diagnostics.append(.init(.error, section.location, .includeWithoutFiles))
    }
    let here = Surroundings.parent(of: surroundings.absolute(root))
    var scope = ExpansionScope(environment: surroundings.environment)
    scope.set("here", .text(here))
    scope.set("host_node_name", .text(surroundings.hostName))
    scope.set("cpus", .number(surroundings.processors))
    guard let patterns = try? Expansion.expand(entry.value, scope) else {
      return diagnostics.append(
        .init(
          .error, entry.location,
          .badValue(
            key: "files", section: "include", value: entry.value,
            reason: "a name in it cannot be expanded; here are here, host_node_name and ENV_…")))
    }
    for pattern in patterns.split(whereSeparator: { $0.isWhitespace }) {
      read(String(pattern), here, entry.location, into: &document)
    }
  }

  private mutating func read(
    _ pattern: String, _ here: String, _ location: Location, into document: inout IniDocument
  ) {
    let full = pattern.hasPrefix("/") ? pattern : "\(here)/\(pattern)"
    let paths = surroundings.matches(full)
    if paths.isEmpty {
      diagnostics.append(.init(.warning, location, .noIncludedFile(pattern: pattern)))
    }
    for path in paths { read(path, into: &document) }
  }

  private mutating func read(_ path: String, into document: inout IniDocument) {
    switch surroundings.readFile(path) {
    case .failure(let problem):
      let place = Location(file: path, line: 0, column: 0)
      diagnostics.append(.init(.warning, place, .fileUnreadable(path: path, problem)))
    case .success(let bytes):
      let before = document.section("include")
      diagnostics += IniParser.parse(bytes, file: path, into: &document)
      if let after = document.section("include"), after != before,
        let nested = after.entries.first(where: { $0.location.file == path })
      {
        diagnostics.append(.init(.warning, nested.location, .nestedInclude))
      }
    }
  }
}
