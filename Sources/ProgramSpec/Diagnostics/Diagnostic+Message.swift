internal import SafeText

/// Every sentence the reader says, in one place; advice has its own beside each rule. Each names
/// what is wrong in supervisord's words where it has some, and what to write instead.
extension Diagnostic: CustomStringConvertible {
  /// `file:line:column: error: sentence`; of the command line, what supervisord says.
  package var description: String { text.escapingControls }

  private var text: String {
    if let option = location.option, case .badValue(_, _, let value, let reason) = problem {
      return "invalid value for \(option) \(value.quoted): \(reason)"
    }
    let place =
      location == .nowhere
      ? ""
      : location.isWholeFile
        ? "\(location.file): " : "\(location.file):\(location.line):\(location.column): "
    return "\(place)\(severity.word): \(problem.sentence)"
  }
}

extension Location {
  fileprivate var isWholeFile: Bool { line == 0 }

  /// The option of the command line it stands for.
  fileprivate var option: Substring? {
    isWholeFile && file.hasPrefix("option -") ? file.dropFirst(7) : nil
  }
}

extension Diagnostic.Severity {
  package var word: String {
    switch self {
    case .error: "error"
    case .warning: "warning"
    case .advice: "advice"
    }
  }
}

extension Problem {
  package var sentence: String {
    switch self {
    case .fileUnreadable(let path, let problem): problem.sentence(path)
    case .noIncludedFile(let pattern): "no file matches via include \"\(pattern)\""
    case .includeWithoutFiles:
      ".ini file has [include] section, but no files setting; "
        + "write files=/etc/supervisor/conf.d/*.conf"
    case .nestedInclude: "an [include] inside an included file is ignored; move it to the main file"
    case .noSectionHeader(let line):
      "File contains no section headers: \(line.quoted) comes before the first [section]"
    case .noDelimiter(let line): "\(line.quoted) is neither key=value nor a [section]"
    case .noKey(let line): "\(line.quoted) has no key before the delimiter"
    case .noSupervisordSection:
      ".ini file does not include supervisord section; add a line [supervisord]"
    case .unknownKey, .unknownSection, .alias, .foreignKey, .foreignPlugin, .badName,
      .repeatedName, .unknownPreset, .unknownAdvice:
      sentenceOfNames
    case .missingKey, .unknownEvent, .badValue, .unknownVariable, .missingVariable, .badFormat,
      .processNumberMissing, .contradiction, .ignoredFile, .withoutEffect, .environmentFile,
      .halfAuthentication, .emptyLogin, .untrustedVariable:
      sentenceOfValues
    case .unknownReference, .unknownProgramInGroup, .cycle, .neverReached: sentenceOfReferences
    case .advice(let name, let sentence): "\(sentence) [\(name.rawValue)]"
    }
  }

  private var sentenceOfNames: String {
    switch self {
    case .unknownKey(let key, let section, let suggestion):
      "unknown key \(key.quoted) in [\(section)]\(suggestion.asQuestion)"
    case .unknownSection(let section, let suggestion):
      "unknown section [\(section)]\(suggestion.asQuestion)"
    case .alias(let key, let own, let section, isRead: true):
      "\(key.quoted) in [\(section)] is read as \(own), which is its name here"
    case .alias(let key, let own, let section, isRead: false):
      "\(key.quoted) in [\(section)] is passed over; write \(own)="
    case .foreignKey(let key, let section, let instead):
      "\(key.quoted) in [\(section)] does nothing here; \(instead)"
    case .foreignPlugin(let section):
      "[\(section)] names Python code, which cannot run here; it is ignored"
    case .badName(let name, let character):
      "Invalid name: \(name.quoted) because of character: \(String(character).quoted)"
    case .repeatedName(let name):
      "\(name.quoted) is defined more than once; units of all kinds share their names"
    case .unknownPreset(let name, let known):
      "unknown preset \(name.quoted); the presets are \(known.joined(separator: ", "))"
    case .unknownAdvice(let name, let suggestion):
      "there is no advice named \(name.quoted)\(suggestion.asQuestion)"
    default: ""
    }
  }

  private var sentenceOfValues: String {
    switch self {
    case .missingKey(let key, let section): missingKeySentence(key, section)
    case .unknownEvent(let name, let section): "Unknown event type \(name) in [\(section)] events"
    case .badValue(let key, let section, let value, let reason):
      "\(key)=\(value) in [\(section)]: \(reason)"
    case .unknownVariable(let name, let key, let section, let known):
      unknownVariableSentence(name, key, section, known)
    case .missingVariable(let name, let message): "\(name) is not set: \(message)"
    case .untrustedVariable(let name, let file, let key, let section, let needsUser):
      "\(key) in [\(section)] uses the variable \(name) of \(file), which a user other than root "
        + "may change; \(needsUser ? "run it as another user than root (user=), " : "")write the "
        + "value itself, set \(name) in environment=, or let only root change the file and its "
        + "directory (chown root, chmod go-w)"
    case .badFormat(let text, let key, let section, let reason):
      "Format string \(text.quoted) for '\(section).\(key)' is badly formatted: \(reason)"
    case .processNumberMissing(let section):
      "%(process_num) must be present within process_name when numprocs > 1 in [\(section)]; "
        + "write process_name=%(program_name)s_%(process_num)02d"
    case .contradiction(let what): what
    case .halfAuthentication(let section, let missing):
      "Section [\(section)] contains incomplete authentication: "
        + "If a username or a password is specified, "
        + "both the username and password must be specified; add \(missing)=…"
    case .emptyLogin(let key, let section):
      "\(key) in [\(section)] is empty, which leaves the server without protection; write a value, "
        + "or remove both username and password for a server without authentication"
    case .environmentFile(let reason): reason
    case .ignoredFile(let section, let key):
      "[\(section)]: redirect_stderr=true but \(key) has also been set to a filename, "
        + "the filename has been ignored"
    case .withoutEffect(let key, let section, let reason):
      "\(key.quoted) in [\(section)] has no effect: \(reason)"
    default: ""
    }
  }

  private func missingKeySentence(_ key: String, _ section: String) -> String {
    let kinds = ["program:", "fcgi-program:", "eventlistener:"]
    let isProgram = kinds.contains { section.hasPrefix($0) }
    switch key {
    case "command" where isProgram:
      return "program section \(section) does not specify a command; add command=…"
    case "file", "port": return "section [\(section)] has no \(key) value; add \(key)=…"
    case "events": return "[\(section)] section requires an \"events\" line; add events=…"
    case "socket": return "[\(section)] section requires a \"socket\" line; add socket=…"
    default: return "section [\(section)] does not specify a \(key); add \(key)=…"
    }
  }

  private func unknownVariableSentence(
    _ name: String, _ key: String, _ section: String, _ known: [String]
  ) -> String {
    let start = "\(key) in [\(section)] contains names (\(name.quoted)) which cannot be expanded"
    guard name.hasPrefix("ENV_") else {
      return "\(start). Available names: \(known.joined(separator: ", "))"
    }
    let variable = name.dropFirst(4)
    return "\(start): the environment has no \(variable); set it, "
      + "or write %(\(name):-default)s"
  }

  private var sentenceOfReferences: String {
    switch self {
    case .unknownReference(let name, let key, let section, let suggestion):
      "\(key) in [\(section)] names unknown unit \(name.quoted)\(suggestion.asQuestion)"
    case .unknownProgramInGroup(let name, let group, let suggestion):
      "[group:\(group)] names unknown program or fcgi-program \(name)\(suggestion.asQuestion)"
    case .cycle(let names):
      "these units wait for each other: \(names.joined(separator: " -> "))"
    case .neverReached(let unit, let other, let stage):
      "\(unit) waits for \(other), a hook of stage=\(stage), which comes only when everything "
        + "has started"
    default: ""
    }
  }
}

extension FileProblem {
  fileprivate func sentence(_ path: String) -> String {
    switch self {
    case .notFound: "could not find config file \(path)"
    case .isDirectory: "could not read config file \(path): it is a directory"
    case .notPermitted: "could not read config file \(path): permission denied"
    case .tooLarge: "could not read config file \(path): it is larger than 16 MB"
    case .other(let text): "could not read config file \(path): \(text)"
    }
  }
}

extension String {
  /// As Python prints it, since people grep for it.
  var quoted: String { "'\(self)'" }
}

extension String? {
  fileprivate var asQuestion: String { map { "; did you mean \($0.quoted)?" } ?? "" }
}
