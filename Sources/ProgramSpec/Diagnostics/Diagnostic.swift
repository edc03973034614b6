/// Something the author of a configuration should know. What it says stands in
/// `Diagnostic+Message.swift`, and only there.
package struct Diagnostic: Sendable, Equatable {
  package enum Severity: Sendable, Equatable { case error, warning, advice }

  package var severity: Severity
  package var location: Location
  package var problem: Problem

  package init(_ severity: Severity, _ location: Location, _ problem: Problem) {
    self.severity = severity
    self.location = location
    self.problem = problem
  }
}

package enum Problem: Sendable, Equatable {
  // The files
  case fileUnreadable(path: String, FileProblem)
  case noIncludedFile(pattern: String)
  case includeWithoutFiles
  case nestedInclude
  // The grammar
  case noSectionHeader(line: String)
  case noDelimiter(line: String)
  case noKey(line: String)
  case noSupervisordSection
  // Names
  case unknownKey(String, section: String, suggestion: String?)
  case unknownSection(String, suggestion: String?)
  /// A key from elsewhere that has another name here.
  case alias(String, own: String, section: String, isRead: Bool)
  case foreignKey(String, section: String, instead: String)
  case foreignPlugin(section: String)
  case badName(String, character: Character)
  case repeatedName(String)
  // Values
  case missingKey(String, section: String)
  case unknownEvent(String, section: String)
  case badValue(key: String, section: String, value: String, reason: String)
  case unknownVariable(name: String, key: String, section: String, known: [String])
  case missingVariable(name: String, message: String)
  /// A user other than root may change the file that the variable comes from.
  /// `needsUser`: the key would be expanded if the section ran as a user other than root.
  case untrustedVariable(
    String, file: String, key: String, section: String, needsUser: Bool)
  case badFormat(text: String, key: String, section: String, reason: String)
  case processNumberMissing(section: String)
  case contradiction(String)
  /// Only one of `username` and `password`.
  case halfAuthentication(section: String, missing: String)
  case emptyLogin(key: String, section: String)
  case ignoredFile(section: String, key: String)
  case withoutEffect(key: String, section: String, reason: String)
  /// In a file that `environment_file` names.
  case environmentFile(reason: String)
  case unknownPreset(String, known: [String])
  case unknownAdvice(String, suggestion: String?)
  /// With the sentence of the rule that gives it.
  case advice(AdviceName, String)
  // References
  case unknownReference(String, key: String, section: String, suggestion: String?)
  case unknownProgramInGroup(String, group: String, suggestion: String?)
  case cycle([String])
  case neverReached(unit: String, by: String, stage: String)
}

package enum FileProblem: Error, Sendable, Equatable {
  case notFound, isDirectory, notPermitted, tooLarge
  case other(String)
}
