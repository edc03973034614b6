@testable import ProgramSpec

/// A machine that exists only in a test: files in memory, a few users.
struct Workbench {
  var surroundings = Surroundings()

  init(_ files: [String: String] = [:], environment: [String: String] = [:]) {
    surroundings.environment = environment
    surroundings.currentDirectory = "/base"
    surroundings.hostName = "box"
    surroundings.processors = 4
    surroundings.readFile = { path in
      files[path].map { .success(Array($0.utf8)) } ?? .failure(.notFound)
    }
    surroundings.readSmallFile = { path, _ in
      files[path].map { .success(.init(Array($0.utf8))) } ?? .failure(.notFound)
    }
    surroundings.matches = { pattern in
      let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
      guard parts.count == 2 else { return files[pattern] == nil ? [] : [pattern] }
      return files.keys.filter { $0.hasPrefix(parts[0]) && $0.hasSuffix(parts[1]) }.sorted()
    }
    let users = [
      Surroundings.User(
        name: "www-data", user: 33, group: 33, groups: [33, 44], home: "/var/www", shell: "/bin/sh")
    ]
    surroundings.userNamed = { name in users.first { $0.name == name } }
    surroundings.userNumbered = { number in users.first { $0.user == number } }
    surroundings.groupNamed = { $0 == "www-data" ? 33 : $0 == "adm" ? 4 : nil }
    surroundings.isDirectory = { !$0.hasPrefix("/nope") }
  }

  /// Reads this text as `/etc/e.conf`.
  static func read(_ text: String, environment: [String: String] = [:])
    -> ConfigurationReader.Reading
  {
    let bench = Workbench(["/etc/e.conf": text], environment: environment)
    return ConfigurationReader.read(path: "/etc/e.conf", in: bench.surroundings)
  }

  /// The same behind an empty `[supervisord]`.
  static func readUnits(_ text: String, environment: [String: String] = [:])
    -> ConfigurationReader.Reading
  {
    read("[supervisord]\n\(text)", environment: environment)
  }
}

extension ConfigurationReader.Reading {
  /// Without the file's name.
  var messages: [String] {
    diagnostics.map { "\($0)".replacing("/etc/e.conf:", with: "") }
  }

  func program(_ name: String) -> Program? {
    for case .program(let program) in configuration?.units.filter({ $0.name == name }).map(\.work)
      ?? []
    {
      return program
    }
    return nil
  }
}

extension ProcessEnvironment {
  /// Each layer's variables, without those that the section's own replace in its files.
  var entries: [String] {
    var section = VariableTable()
    for variable in files.variables + own { section.set(variable) }
    return (common.variables + home + section.variables).map { "\($0.name)=\($0.value)" }
  }
}
