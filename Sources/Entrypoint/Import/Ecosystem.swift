internal import ControlProtocol
internal import ProgramSpec

/// PM2's `ecosystem.config.json`: `{"apps": [...]}`, a list of apps, or a single one.
enum Ecosystem {
  static func convert(
    _ bytes: [UInt8], _ options: Importer.Options
  ) throws(ImportProblem) -> Importer.Outcome {
    let value: JSONValue
    do { value = try JSONValue.read(bytes[...]) } catch {
      throw ImportProblem(line: error.line, column: error.column, reason: error.reason)
    }
    let apps = try apps(value)
    var draft = ConfigurationDraft(from: options.path)
    draft.add(head(apps.count))
    if value["deploy"] != nil { draft.note("deploy: not carried over: deploy the image") }
    for (index, app) in apps.enumerated() {
      guard case .object = app else {
        throw ImportProblem(reason: "apps[\(index)] is no object")
      }
      var conversion = AppConversion(AppFields(app), options, draft)
      guard conversion.convert() else {
        throw ImportProblem(reason: "apps[\(index)] has no script")
      }
      draft = conversion.draft
    }
    return draft.outcome
  }

  private static func apps(_ value: JSONValue) throws(ImportProblem) -> [JSONValue] {
    let apps: [JSONValue]
    switch value {
    case .array(let elements): apps = elements
    case .object(let fields):
      if case .array(let elements)? = fields["apps"] {
        apps = elements
      } else if let app = fields["apps"] {
        apps = [app]
      } else {
        apps = [value]
      }
    default: throw ImportProblem(reason: "expected {\"apps\": [...]}")
    }
    guard !apps.isEmpty else { throw ImportProblem(reason: "there are no apps in it") }
    return apps
  }

  private static func head(_ count: Int) -> ConfigurationDraft.Section {
    var section = ConfigurationDraft.Section("supervisord")
    guard count > 1 else { return section }
    section.comments.append("As with PM2, the others go on when one fails for good; else write")
    section.comments.append("on_fatal=shutdown into those that the container is nothing without.")
    section.set("allow", "on-fatal")
    return section
  }
}

/// The fields of one app, whichever way they are spelt: `maxRestarts` is `max_restarts`.
struct AppFields {
  private let fields: [String: JSONValue]
  private var seen: Set<String> = []

  init(_ app: JSONValue) {
    var fields: [String: JSONValue] = [:]
    if case .object(let written) = app {
      for (name, value) in written { fields[AppFields.underscored(name)] = value }
    }
    self.fields = fields
  }

  private static func underscored(_ name: String) -> String {
    guard !name.hasPrefix("env") else { return name }
    var text = ""
    for character in name {
      if character.isUppercase { text += "_" }
      text += character.lowercased()
    }
    return text
  }

  /// The first of these that is there; all are then known.
  mutating func take(_ names: String...) -> JSONValue? {
    var found: JSONValue?
    for name in names {
      seen.insert(name)
      if found == nil, let value = fields[name], value != .null { found = value }
    }
    return found
  }

  /// Fields that nobody has asked for.
  var others: [(name: String, value: JSONValue)] {
    fields.filter { !seen.contains($0.key) && $0.value != .null }.map { ($0.key, $0.value) }
      .sorted { $0.name < $1.name }
  }
}

extension JSONValue {
  /// Of a string, a number or a truth, as an environment has it; nil for what has parts.
  var word: String? {
    switch self {
    case .string(let text): text
    case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
    case .bool(let flag): flag ? "true" : "false"
    case .null, .array, .object: nil
    }
  }

  /// A whole number, also one in quotes.
  var wholeNumber: Int? { word.flatMap { Int($0) } }

  var flag: Bool? {
    switch self {
    case .bool(let flag): flag
    case .string("true"): true
    case .string("false"): false
    default: nil
    }
  }

  /// One string is split as a shell would; a list has a word each.
  var words: [String]? {
    switch self {
    case .string(let text): return try? ShellWords.split(text)
    case .array(let elements):
      var words: [String] = []
      for element in elements {
        guard let word = element.word else { return nil }
        words.append(word)
      }
      return words
    default: return word.map { [$0] }
    }
  }

  /// For a message.
  var shown: String {
    switch self {
    case .array: "[…]"
    case .object: "{…}"
    default: word ?? "null"
    }
  }
}
