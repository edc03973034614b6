import Glibc
import ProgramSpec
import Testing

/// The corpus directory: `$ENTRYPOINT_CORPUS`, else `shared/corpus` beside the checkout.
enum Corpus {
  struct Row: CustomTestStringConvertible, Sendable {
    var file: String
    var isFragment: Bool
    var loads: Bool
    var error: String
    var processes: Int

    var testDescription: String { file }
    var bytes: [UInt8] { Corpus.contents("\(Corpus.directory)/configs/\(file)") ?? [] }
  }

  static let directory: String = {
    if let named = getenv("ENTRYPOINT_CORPUS") { return String(cString: named) }
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(package)/../shared/corpus"
  }()

  static let isThere = contents("\(directory)/index.tsv") != nil

  static let rows: [Row] = {
    let text = String(decoding: contents("\(directory)/index.tsv") ?? [], as: UTF8.self)
    return text.split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Row(
        file: fields[0], isFragment: fields[1] == "fragment", loads: fields[3] == "OK",
        error: fields[4], processes: Int(fields[5]) ?? 0)
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
