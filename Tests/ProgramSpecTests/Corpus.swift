import Glibc
import ProgramSpec
import Testing

/// Configurations as public container images have them, with what supervisord 4.3.0 says of each.
/// They are in `Tests/Corpus`; `$ENTRYPOINT_CORPUS` names another directory of the same layout.
enum Corpus {
  struct Row: CustomTestStringConvertible, Sendable {
    var file: String
    var isFragment: Bool
    var loads: Bool
    /// The message with which supervisord refuses the file.
    var error: String
    var processes: Int
    /// The names of the advice that the file gets, sorted; nil where the index does not say it.
    var advice: [String]?

    var testDescription: String { file }
    var bytes: [UInt8] { Corpus.contents("\(Corpus.directory)/configs/\(file)") ?? [] }
  }

  static let isExternal = getenv("ENTRYPOINT_CORPUS") != nil

  static let directory: String = {
    if let named = getenv("ENTRYPOINT_CORPUS") { return String(cString: named) }
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(tests)/Corpus"
  }()

  /// The rows of `index.tsv`, whose first line names the columns.
  static let rows: [Row] = {
    let text = String(decoding: contents("\(directory)/index.tsv") ?? [], as: UTF8.self)
    let lines = text.split(separator: "\n").map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    guard let names = lines.first else { return [] }
    return lines.dropFirst().map { fields in
      let row = Dictionary(zip(names, fields), uniquingKeysWith: { first, _ in first })
      return Row(
        file: row["file"] ?? "", isFragment: row["kind"] == "fragment",
        loads: row["result"] == "OK", error: row["error"] ?? "",
        processes: row["processes"].flatMap { Int($0) } ?? 0,
        advice: row["advice"]?.split(separator: ",").map(String.init))
    }
  }()

  static func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }
}

extension Corpus.Row {
  func read() -> ConfigurationReader.Reading { read(bytes) }

  func read(_ bytes: [UInt8]) -> ConfigurationReader.Reading {
    ConfigurationReader.read(path: "/c.conf", in: surroundings(bytes))
  }

  /// The same with advice.
  func check(_ bytes: [UInt8]) -> ConfigurationReader.Reading {
    ConfigurationReader.check(path: "/c.conf", in: surroundings(bytes))
  }

  func check() -> ConfigurationReader.Reading { check(bytes) }

  /// As the index was made: every `%(ENV_X)s` set to a dummy, users and directories taken on trust,
  /// a fragment behind an empty `[supervisord]`, and nothing to include.
  private func surroundings(_ bytes: [UInt8]) -> Surroundings {
    var surroundings = Surroundings()
    let whole = isFragment ? Array("[supervisord]\n".utf8) + bytes : bytes
    surroundings.readFile = { $0 == "/c.conf" ? .success(whole) : .failure(.notFound) }
    surroundings.userNamed = {
      Surroundings.User(name: $0, user: 1, group: 1, groups: [1], home: "/", shell: "/bin/sh")
    }
    surroundings.groupNamed = { _ in 1 }
    for name in variables(in: bytes) { surroundings.environment[name] = "1" }
    return surroundings
  }

  private func variables(in bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "%(ENV_").dropFirst().map { rest in
      String(rest.prefix { $0 != ")" })
    }
  }
}
