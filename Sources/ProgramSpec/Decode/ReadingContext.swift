/// What all decoders share: the machine, what has been found wrong, and what has been resolved.
struct ReadingContext {
  var surroundings: Surroundings
  var diagnostics: [Diagnostic] = []
  var resolved = ResolvedView()
  /// The environment that `%(ENV_x)s` sees: the supervisor's own and `[supervisord] environment`.
  var environment: [String: String]
  /// The variables in it whose values a user other than root may choose, each with the path of the
  /// file that it comes from.
  var untrusted: [String: String] = [:]
  /// What `[supervisord]` gives every program.
  var common = VariableSet.empty
  /// By name, so that a hundred crons share one.
  var timeZones: [String: TimeZone] = [:]
  /// Log files by their paths, each with the stream that names it first.
  var logFiles: [String: NamedStream] = [:]
  /// `[supervisord] user`.
  var user: Identity?
  /// `[supervisord] role_uid_base`.
  var roleUserBase: UInt32?
  /// Names in it whose values are shown to nobody.
  var concealed: Set<String> = []
  /// The values of all secrets, which no message may tell.
  private(set) var secrets: [String] = []
  private var files: [FileForReader: Result<Surroundings.SmallFile, FileProblem>] = [:]
  /// Whether no program of another user runs in root's group, as far as is known.
  private(set) var trustsRootGroup = true

  /// By the lists that name them.
  var environmentFiles: [FileForReader: EnvironmentFiles] = [:]
  /// What users other than root have written so far, and what was made of it.
  var untrustedBytes = UntrustedBytes()

  init(_ surroundings: Surroundings) {
    self.surroundings = surroundings
    environment = surroundings.environment
  }

  /// Whether the supervisor gives its rights up before it starts programs: from then on all users
  /// may choose variables, because it has no rights that its programs lack.
  var givesUpRoot: Bool { user.map { $0.user != 0 } ?? false }

  /// Whether a user other than root may choose the variables in a file.
  func isUntrusted(_ file: Surroundings.SmallFile) -> Bool {
    switch file.writers {
    case .root: false
    case .groupOfRoot: !trustsRootGroup
    case .users: true
    }
  }

  /// For a second reading, if a program of another user turns out to run in root's group and to be
  /// able to change one of the files; nil if it cannot. The files are not read again.
  func distrusting(groupOfRoot configuration: Configuration) -> ReadingContext? {
    let isOpen = files.values.contains { (try? $0.get())?.writers == .groupOfRoot }
    guard isOpen, configuration.unitInRootGroup != nil else { return nil }
    var context = ReadingContext(surroundings)
    (context.files, context.trustsRootGroup) = (files, false)
    return context
  }

  /// What a section begins with.
  var scope: ExpansionScope {
    ExpansionScope(environment: environment, concealed: concealed, untrusted: untrusted)
  }

  /// Who we shall be when programs are started, if this is read as we start.
  var own: Credentials {
    guard let user, user.user != surroundings.credentials.user else {
      return surroundings.credentials
    }
    var own = Credentials(
      user: user.user, group: user.group, supplementaryGroups: user.supplementaryGroups)
    (own.mayChangeUser, own.mayChangeGroups) = (user.user == 0, user.user == 0)
    return own
  }

  /// For a reader that gives it back. With two owners each section would copy whatever all the
  /// sections before it have left.
  mutating func lent() -> ReadingContext {
    let whole = self
    self = ReadingContext(Surroundings())
    return whole
  }

  mutating func conceal(_ value: String) {
    if !secrets.contains(value) { secrets.append(value) }
  }

  /// Read once for each user, however many processes name it.
  mutating func contents(
    of path: String, for reader: Surroundings.FileReader?
  ) -> Result<Surroundings.SmallFile, FileProblem> {
    let file = FileForReader(name: path, reader: reader)
    if let known = files[file] { return known }
    let found = surroundings.readSmallFile(path, reader)
    files[file] = found
    return found
  }

  mutating func report(
    _ severity: Diagnostic.Severity, _ location: Location, _ problem: Problem
  ) {
    let diagnostic = Diagnostic(severity, location, problem)
    // A key that is read once for each of a hundred processes is wrong once.
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// A path, or a list of paths, with the user for whose processes the files are read; nil: for those
/// of all users.
struct FileForReader: Hashable {
  var name: String
  var reader: Surroundings.FileReader?
}
