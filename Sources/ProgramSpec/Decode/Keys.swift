/// One key of the language. Suggestions, `config`, `keys` and the reference come from these rows.
package struct Key: Sendable {
  package struct Kinds: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let supervisord = Kinds(rawValue: 1)
    package static let program = Kinds(rawValue: 2)
    package static let fastCGI = Kinds(rawValue: 4)
    package static let listener = Kinds(rawValue: 8)
    package static let wait = Kinds(rawValue: 16)
    package static let directory = Kinds(rawValue: 32)
    package static let template = Kinds(rawValue: 64)
    package static let hook = Kinds(rawValue: 128)
    package static let cron = Kinds(rawValue: 256)
    package static let group = Kinds(rawValue: 512)
    package static let include = Kinds(rawValue: 1024)
    package static let unixServer = Kinds(rawValue: 2048)
    package static let inetServer = Kinds(rawValue: 4096)
    package static let client = Kinds(rawValue: 8192)

    package static let programs: Kinds = [.program, .fastCGI, .listener]
    package static let units: Kinds = [
      .programs, .wait, .directory, .template, .hook, .cron,
    ]
    /// All but event listeners.
    package static let otherUnits = units.subtracting(.listener)
    package static let commands: Kinds = [.programs, .hook, .cron]
    package static let otherCommands = commands.subtracting(.listener)

    /// Each kind under the name that its sections have.
    package static let named: [(name: String, kind: Kinds)] = [
      ("supervisord", .supervisord), ("program", .program), ("fcgi-program", .fastCGI),
      ("eventlistener", .listener), ("wait", .wait), ("directory", .directory),
      ("template", .template), ("hook", .hook), ("cron", .cron), ("group", .group),
      ("include", .include), ("unix_http_server", .unixServer),
      ("inet_http_server", .inetServer), ("supervisorctl", .client),
    ]

    package var names: [String] {
      Kinds.named.filter { contains($0.kind) }.map(\.name)
    }
  }

  package var name: String
  package var kinds: Kinds
  package var standard: String
  package var meaning: String
  /// Never shown.
  package var isSecret: Bool

  init(
    _ name: String, _ kinds: Kinds, _ standard: String, _ meaning: String, isSecret: Bool = false
  ) {
    self.name = name
    self.kinds = kinds
    self.standard = standard
    self.meaning = meaning
    self.isSecret = isSecret
  }

  package static func known(in kinds: Kinds) -> [Key] {
    all.filter { !$0.kinds.isDisjoint(with: kinds) }
  }

  package static let all = common + execution + output + program + steps + supervisor + servers
}

extension Key {
  static let common: [Key] = [
    Key("depends_on", .units, "", "units or groups that must be satisfied first"),
    Key("after", .units, "", "the same order, also when that unit failed or does not exist"),
    Key("enabled", .units, "true", "false leaves the unit out; it counts as satisfied"),
    Key("description", .units, "", "shown by status and graph"),
    Key("priority", .listener, "-1", "orders what the graph leaves free, lowest first"),
    Key("priority", [.otherUnits, .group], "999", "orders what the graph leaves free"),
  ]

  static let execution: [Key] =
    [
      Key("command", [.commands, .wait], "", "the command, split into words without a shell"),
      Key("user", [.commands, .supervisord], "", "name, uid, or uid:gid to run as"),
      Key("group", .commands, "", "name or gid instead of all groups of the user"),
      Key("supplementary_groups", .commands, "", "names or gids, not the user's own; empty: none"),
      Key("directory", [.commands, .wait, .supervisord], "", "working directory"),
      Key("umask", [.commands, .supervisord], "", "octal, of the files it makes"),
      Key("environment", [.commands, .wait, .supervisord], "", "KEY=\"value\",… added to it"),
      Key(
        "environment_file", [.commands, .wait, .supervisord], "",
        "dotenv files; -path may be missing; untrusted if users may change them"),
      Key(
        "secrets", [.commands, .wait, .supervisord], "",
        "variables read from X_FILE or /run/secrets/X; X_FILE must be trusted"),
      Key("home_environment", .commands, "false", "HOME, USER and LOGNAME of user"),
      Key("nice", .commands, "", "scheduling priority, -20 to 19"),
      Key("oom_score_adj", .commands, "", "-1000 to 1000"),
      Key("cpu_affinity", .commands, "", "processors it may run on: 0-3,6"),
      Key("no_new_privileges", .commands, "false", "setuid programs give it nothing"),
      Key("capabilities", .commands, "", "what it keeps: NET_BIND_SERVICE,…; or none"),
    ]
    + ResourceLimit.Resource.allCases.map {
      Key($0.key, .commands, "", "soft, soft:hard or unlimited: setrlimit(2)")
    }

  static let output: [Key] =
    [
      Key("redirect_stderr", .commands, "false", "stderr goes where stdout goes"),
      Key("log_format", .supervisord, "raw", "raw, prefix or json, of all commands"),
      Key("log_format", .commands, "", "raw, prefix or json; else as in [supervisord]"),
      Key(
        "stdout_logfile", .listener, "NONE",
        "its side of the protocol: paths, /dev/stdout, AUTO or NONE"),
    ]
    + ["stdout", "stderr"].flatMap { stream in
      [
        Key(
          "\(stream)_logfile", stream == "stdout" ? .otherCommands : .commands, "/dev/\(stream)",
          "one or more paths, /dev/stdout, AUTO or NONE"),
        Key("\(stream)_logfile_maxbytes", .commands, "50MB", "rotate at this size; 0 never"),
        Key("\(stream)_logfile_backups", .commands, "10", "rotated files to keep"),
        Key("\(stream)_logfile_compress", .commands, "none", "gzip: rotated files become .gz"),
        Key("\(stream)_logfile_rotate", .commands, "size", "daily: at midnight, too"),
        Key(
          "\(stream)_capture_maxbytes", .programs, "0",
          "so much of `<!--XSUPERVISOR:BEGIN-->` blocks becomes events"),
        Key("\(stream)_events_enabled", .programs, "false", "PROCESS_LOG events"),
        Key("\(stream)_syslog", .programs, "false", "also to syslog(3)"),
      ]
    }
}

extension ResourceLimit.Resource {
  package var key: String { "rlimit_\(name)" }

  /// setrlimit(2)'s name, in lower case.
  private var name: String {
    switch self {
    case .cpu: "cpu"
    case .fsize: "fsize"
    case .data: "data"
    case .stack: "stack"
    case .core: "core"
    case .rss: "rss"
    case .nproc: "nproc"
    case .nofile: "nofile"
    case .memlock: "memlock"
    case .as: "as"
    case .locks: "locks"
    case .sigpending: "sigpending"
    case .msgqueue: "msgqueue"
    case .nice: "nice"
    case .rtprio: "rtprio"
    case .rttime: "rttime"
    }
  }
}
