/// Keys that people know from elsewhere, mostly from the supervisord written in Go, and what they
/// are called here. They mean the same; what does not is in `ForeignKey`.
///
/// Under the name `supervisord` they are only told of: what supervisord passes over must not begin
/// to mean something when nothing but the binary changes.
struct Alias: Sendable {
  var name: String
  var own: String
  var kinds: Key.Kinds = .programs
  /// What our value begins with.
  var prefix = ""
  /// A key that is set with it, where nobody has.
  var companion: (key: String, value: String)?

  static let all: [Alias] = [
    Alias(name: "depend", own: "depends_on", kinds: .units),
    Alias(name: "depends", own: "depends_on", kinds: .units),
    Alias(name: "envfiles", own: "environment_file", kinds: .commands),
    Alias(name: "env_file", own: "environment_file", kinds: .commands),
    // Always the same pause; ours would double.
    Alias(name: "restartpause", own: "restart_delay", companion: ("restart_factor", "1")),
    Alias(name: "reloadsignal", own: "reload_signal"),
    Alias(name: "restartsignal", own: "reload_signal"),
    Alias(name: "liveness_check_script", own: "health", prefix: "exec:"),
    Alias(name: "liveness_check_initial_delay", own: "health_grace"),
    Alias(name: "liveness_check_period", own: "health_interval"),
    Alias(name: "liveness_check_timeout", own: "health_timeout"),
    Alias(name: "liveness_check_success_threshold", own: "health_rise"),
    Alias(name: "liveness_check_failure_threshold", own: "health_fall"),
  ]

  static func named(_ name: String, in kinds: Key.Kinds) -> Alias? {
    all.first { $0.name == name && !$0.kinds.isDisjoint(with: kinds) }
  }
}

/// Keys from elsewhere that mean nothing here, and what to write instead.
enum ForeignKey {
  private static let instead: [(name: String, kinds: Key.Kinds, sentence: String)] =
    [
      ("cron", .programs, "write a section [cron:x] with schedule= and command="),
      ("pre_start_hook", .programs, "write a [hook:x] with its command, and depends_on=x here"),
      ("pre_stop_hook", .programs, "write a [hook:x] with its command and stage=stop"),
      (
        "liveness_check_failure_action", .programs,
        "write on_unhealthy=restart, shutdown or ignore"
      ),
      ("inherit", .programs, "write what is common to all sections into [DEFAULT]"),
      ("critical", .programs, "write on_fatal=shutdown"),
      ("nodename", .inetServer, "there is one supervisor in a container"),
      ("remotes", .inetServer, "there is one supervisor in a container"),
    ]
    + [
      "restart_when_binary_changed", "restart_cmd_when_binary_changed",
      "restart_signal_when_binary_changed", "restart_directory_monitor", "restart_file_pattern",
      "restart_cmd_when_file_changed", "restart_signal_when_file_changed",
    ].map {
      ($0, .programs, "files are not watched; run entrypoint restart NAME where they are changed")
    }

  static func sentence(_ name: String, in kinds: Key.Kinds) -> String? {
    instead.first { $0.name == name && !$0.kinds.isDisjoint(with: kinds) }?.sentence
  }
}

extension IniDocument {
  /// Calls every alias by our own name, and says so; one beside our own key is left alone.
  mutating func adoptAliases() -> [Diagnostic] {
    var found: [Diagnostic] = []
    for position in sections.indices {
      guard let kind = UnitKind.of(section: sections[position].name) else { continue }
      change(position) { found += $0.adoptAliases(in: kind.keys) }
    }
    return found
  }
}

extension IniDocument.Section {
  fileprivate mutating func adoptAliases(in kinds: Key.Kinds) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for written in entries {
      guard let alias = Alias.named(written.key, in: kinds), entry(alias.own) == nil else {
        continue
      }
      rename(written.key, to: alias.own, prefix: alias.prefix)
      if let (key, value) = alias.companion, entry(key) == nil {
        set(IniDocument.Entry(key: key, value: value, location: written.location))
      }
      let problem = Problem.alias(written.key, own: alias.own, section: name, isRead: true)
      found.append(Diagnostic(.warning, written.location, problem))
    }
    return found
  }
}
