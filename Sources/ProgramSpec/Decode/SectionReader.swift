/// Reads the keys of one section: finds the value (written, from a preset, or the standard one),
/// expands it, parses it, and says what is wrong with it and where.
struct SectionReader {
  let section: IniDocument.Section
  let kinds: Key.Kinds
  var scope: ExpansionScope
  var context: ReadingContext
  var preset: String?
  /// The keys that a section of these kinds may contain.
  private let known: [Key]
  private let defaults: IniDocument.Section
  /// The same key read for a second process is not shown twice.
  private var shown: Set<String> = []

  init(
    _ section: IniDocument.Section, _ kinds: Key.Kinds, defaults: IniDocument.Section,
    _ context: ReadingContext
  ) {
    self.section = section
    self.kinds = kinds
    known = Key.known(in: kinds)
    self.defaults = defaults
    self.context = context
    scope = context.scope
    scope.set("cpus", .number(context.surroundings.processors))
  }

  func entry(_ key: String) -> IniDocument.Entry? { section.entry(key) ?? defaults.entry(key) }

  func location(_ key: String) -> Location { entry(key)?.location ?? section.location }

  /// As written, expanded; nil where nobody wrote it and no preset sets it.
  mutating func text(_ key: String) -> String? {
    guard let entry = entry(key) else {
      guard let preset, let value = Preset.value(of: key, in: preset) else { return nil }
      show(key, value, .preset(preset))
      return value
    }
    guard let expanded = expand(entry.value, of: key, at: entry.location) else { return nil }
    show(key, displayed(entry.value, expanded), .written(entry.location))
    return expanded
  }

  /// A written value as it may be shown: without secrets.
  func displayed(_ written: String, _ expanded: String) -> String {
    guard let masked = scope.forDisplay else { return expanded }
    let text = (try? Expansion.expand(written, masked)) ?? Concealment.mask
    return Concealment.without(context.secrets, text)
  }

  mutating func value<Value>(
    _ key: String, _ standard: Value, _ parse: (String) throws(ValueProblem) -> Value
  ) -> Value {
    guard let text = text(key) else { return standard }
    do { return try parse(text) } catch {
      reject(key, text, error)
      return standard
    }
  }

  /// As `value`, nil where nobody wrote it or it is empty.
  mutating func optional<Value>(
    _ key: String, _ parse: (String) throws(ValueProblem) -> Value
  ) -> Value? {
    guard let text = text(key), !text.isEmpty else { return nil }
    do { return try parse(text) } catch {
      reject(key, text, error)
      return nil
    }
  }

  /// As `value`, nil where nobody wrote it; an empty value is as wrong as in supervisord.
  mutating func written<Value>(
    _ key: String, _ parse: (String) throws(ValueProblem) -> Value
  ) -> Value? {
    guard let text = text(key) else { return nil }
    do { return try parse(text) } catch {
      reject(key, text, error)
      return nil
    }
  }

  /// supervisord takes numbers below zero, to the same effect as zero wherever there is one.
  mutating func amount(
    _ key: String, _ standard: Int,
    _ parse: (String) throws(ValueProblem) -> Int = Scalar.integer
  ) -> Int {
    let number = value(key, standard, parse)
    if number < 0 { warnBelowZero(key) }
    return max(0, number)
  }

  /// The same of a time.
  mutating func seconds(_ key: String, _ standard: Duration) -> Duration {
    guard let text = text(key), let number = try? Scalar.integer(text), number < 0 else {
      return value(key, standard, Scalar.duration)
    }
    warnBelowZero(key)
    return .zero
  }

  mutating func warnBelowZero(_ key: String) { warn(key, "below zero it counts as 0") }

  /// supervisord takes this value; it does what it says.
  mutating func warn(_ key: String, _ what: String) {
    let value = text(key) ?? ""
    context.report(
      .warning, location(key),
      .badValue(key: key, section: section.name, value: value, reason: what))
  }

  mutating func required(_ key: String) -> String? {
    if let text = text(key), !text.isEmpty { return text }
    if entry(key) == nil || entry(key)?.value.isEmpty == true {
      context.report(.error, section.location, .missingKey(key, section: section.name))
    }
    return nil
  }

  mutating func reject(_ key: String, _ text: String, _ problem: ValueProblem) {
    context.report(
      .error, location(key),
      .badValue(key: key, section: section.name, value: text, reason: problem.reason))
  }

  mutating func expand(_ text: String, of key: String, at location: Location) -> String? {
    scope = scope(at: location)
    do { return try expandTrusting(text, of: key) } catch {
      context.report(.error, location, problem(error, text, key))
      return nil
    }
  }

  /// For a value that stands at `location`.
  func scope(at location: Location) -> ExpansionScope {
    var scope = scope
    scope.set("here", .text(here(location)))
    return scope
  }

  /// The directory of the file that the value stands in.
  private func here(_ location: Location) -> String {
    Surroundings.parent(of: context.surroundings.absolute(location.file))
  }

  private func problem(_ problem: ExpansionProblem, _ text: String, _ key: String) -> Problem {
    switch problem {
    case .unknownName(let name):
      .unknownVariable(name: name, key: key, section: section.name, known: scope.names)
    case .required(let name, let message): .missingVariable(name: name, message: message)
    case .badFormat(let reason):
      .badFormat(text: text, key: key, section: section.name, reason: reason)
    case .untrusted(let variable, let file):
      .untrustedVariable(
        variable, file: file, key: key, section: section.name, needsUser: needsUser(key))
    case .tooMuchUntrusted(let reason):
      .badValue(key: key, section: section.name, value: text, reason: reason)
    }
  }

  private mutating func show(_ key: String, _ value: String, _ origin: ResolvedView.Origin) {
    guard shown.insert(key).inserted else { return }
    let value = Concealment.shown(value, of: known.first { $0.name == key }, context.secrets)
    context.resolved.add(.init(section: section.name, key: key, value: value, origin: origin))
  }

  /// Unknown keys, and the standard values of all others.
  mutating func finish() {
    for entry in section.entries {
      guard !known.contains(where: { $0.name == entry.key }) else { continue }
      context.report(.warning, entry.location, unknown(entry.key))
    }
    for key in known where entry(key.name) == nil && !shown.contains(key.name) {
      guard !key.standard.isEmpty else { continue }
      show(key.name, key.standard, .standard)
    }
  }

  private func unknown(_ key: String) -> Problem {
    if let alias = Alias.named(key, in: kinds) {
      return .alias(key, own: alias.own, section: section.name, isRead: false)
    }
    if let instead = ForeignKey.sentence(key, in: kinds) {
      return .foreignKey(key, section: section.name, instead: instead)
    }
    let suggestion = nearest(to: key, among: known.map(\.name))
    return .unknownKey(key, section: section.name, suggestion: suggestion)
  }
}
