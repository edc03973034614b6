internal import ProgramSpec

/// Foreman's and Heroku's: `name: command`, one process a line.
enum Procfile {
  private struct Entry {
    var name: String
    var line: String
  }

  /// Where foreman begins to count, and how far it leaves each of them from the next.
  private static let firstPort = 5000
  private static let portStep = 100

  static func convert(
    _ bytes: [UInt8], _ options: Importer.Options
  ) throws(ImportProblem) -> Importer.Outcome {
    let entries = try entries(bytes)
    guard !entries.isEmpty else { throw ImportProblem(reason: "no line is name: command") }
    var draft = ConfigurationDraft(from: options.path)
    draft.add(ConfigurationDraft.Section("supervisord"))
    // A release comes before all others, wherever it stands.
    for entry in entries where entry.name == "release" { add(entry, 0, options, to: &draft) }
    let others = entries.filter { $0.name != "release" }
    for (index, entry) in others.enumerated() { add(entry, index, options, to: &draft) }
    return draft.outcome
  }

  private static func entries(_ bytes: [UInt8]) throws(ImportProblem) -> [Entry] {
    var entries: [Entry] = []
    var number = 0
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
      number += 1
      let text = String(decoding: line, as: UTF8.self).trimmed
      guard !text.isEmpty, !text.hasPrefix("#") else { continue }
      entries.append(try entry(text, number))
    }
    return entries
  }

  private static func entry(_ text: String, _ number: Int) throws(ImportProblem) -> Entry {
    let parts = text.split(separator: ":", maxSplits: 1).map { String($0).trimmed }
    guard parts.count == 2, !parts[1].isEmpty, isName(parts[0]) else {
      throw ImportProblem(
        line: number, column: 1, reason: "expected name: command, found \(text.onOneLine)")
    }
    do { _ = try ShellLine(parts[1]) } catch {
      throw ImportProblem(line: number, column: parts[0].utf8.count + 2, reason: error.reason)
    }
    return Entry(name: parts[0], line: parts[1])
  }

  private static func isName(_ text: String) -> Bool {
    text.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
        || $0 == 45
    }
  }

  private static func add(
    _ entry: Entry, _ index: Int, _ options: Importer.Options, to draft: inout ConfigurationDraft
  ) {
    let name = draft.unused(entry.name)
    guard let line = try? ShellLine(entry.line), let command = line.command else {
      return draft.note("\(entry.name): not carried over: its command cannot be written")
    }
    let isRelease = entry.name == "release"
    var section = ConfigurationDraft.Section(isRelease ? "hook:\(name)" : "program:\(name)")
    section.set("command", command)
    place(&section, options)
    if !isRelease {
      restart(&section, line)
      if entry.name == "web" || entry.line.holds("PORT") { port(&section, index, options) }
    }
    draft.add(section)
  }

  /// Foreman runs everything where the Procfile is, with the `.env` beside it.
  private static func place(
    _ section: inout ConfigurationDraft.Section, _ options: Importer.Options
  ) {
    let folder = options.path.utf8.lastIndex(of: UInt8(ascii: "/")).map {
      String(options.path[..<$0])
    }
    let directory =
      folder == "."
      ? nil
      : folder.map { $0.isEmpty ? "/" : $0 }
        .flatMap(ConfigurationText.plain)
    if let directory { section.set("directory", directory) }
    guard options.dotenv != nil else { return }
    let beside = directory.map { $0.hasSuffix("/") ? $0 : "\($0)/" } ?? ""
    if !beside.utf8.contains(UInt8(ascii: ",")) {
      section.set("environment_file", "-\(beside).env")
    }
  }

  private static func restart(_ section: inout ConfigurationDraft.Section, _ line: ShellLine) {
    if let preset = Preset.fitting(line.words) {
      section.set("preset", preset)
    } else {
      section.set("autorestart", "true")
      if line.needsGroup { section.set("stopasgroup", "true") }
    }
    section.set("on_fatal", "shutdown")
  }

  /// Each type of process has a port of its own; that of the first one may be given.
  private static func port(
    _ section: inout ConfigurationDraft.Section, _ index: Int, _ options: Importer.Options
  ) {
    let base = options.dotenv.flatMap(writtenPort) ?? firstPort
    let port = base &+ index &* portStep
    let value = index == 0 ? "%(ENV_PORT:-\(port))s" : "\(port)"
    section.set("environment", "PORT=\"\(value)\"")
  }

  private static func writtenPort(_ dotenv: [UInt8]) -> Int? {
    for line in dotenv.split(separator: 10) {
      let text = String(decoding: line, as: UTF8.self).trimmed
      if text.hasPrefix("PORT="), let port = Int(text.dropFirst(5)), (1...65535).contains(port) {
        return port
      }
    }
    return nil
  }
}
