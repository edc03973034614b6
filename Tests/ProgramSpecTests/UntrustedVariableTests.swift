import Support
import Testing

@testable import ProgramSpec

/// Variables from files that a user other than root may change: which keys expand them.
@Suite struct UntrustedVariableTests {
  /// What only root may change has a name that begins with /etc or /run, and what root's group may
  /// change too one that begins with /srv.
  static func read(
    _ text: String, _ files: [String: String] = ["/www/.env": "X=value\n"],
    environment: [String: String] = [:]
  ) -> ConfigurationReader.Reading {
    var all = files
    all["/etc/e.conf"] = "[supervisord]\n\(text)"
    var bench = Workbench(all, environment: environment)
    bench.surroundings.readSmallFile = { [all] path, _ in
      guard let text = all[path] else { return .failure(.notFound) }
      let writers: Surroundings.SmallFile.Writers =
        switch path.split(separator: "/").first {
        case "etc", "run": .root
        case "srv": .groupOfRoot
        default: .users
        }
      return .success(.init(Array(text.utf8), writers: writers))
    }
    return ConfigurationReader.read(path: "/etc/e.conf", in: bench.surroundings)
  }

  private static func refusal(
    _ key: String, _ section: String, _ name: String = "X", needsUser: Bool = false
  ) -> String {
    "error: \(key) in [\(section)] uses the variable \(name) of /www/.env, which a user other than "
      + "root may change; \(needsUser ? "run it as another user than root (user=), " : "")"
      + "write the value itself, set \(name) in environment=, or let only root "
      + "change the file and its directory (chown root, chmod go-w)"
  }

  static let program = "[program:p]\ncommand=x\nenvironment_file=/www/.env\n"

  @Test(arguments: [
    "user", "group", "supplementary_groups", "stdout_logfile", "stderr_logfile", "nice",
    "oom_score_adj", "capabilities", "rlimit_nofile", "cpu_affinity", "process_name", "priority",
    "stopsignal", "stopwaitsecs", "autorestart", "startsecs", "on_exit", "secrets",
    "no_new_privileges", "stdout_syslog", "memory_limit", "log_format", "redirect_stderr",
    "numprocs_start", "stopasgroup", "restart_limit", "ready_timeout", "description",
  ])
  func itIsRefusedWhereRootWouldUseIt(_ key: String) {
    let reading = UntrustedVariableTests.read(
      "\(UntrustedVariableTests.program)\(key)=%(ENV_X)s\n")
    #expect(
      reading.messages.contains(
        "5:\(key.utf8.count + 2): \(UntrustedVariableTests.refusal(key, "program:p"))"),
      "\(reading.messages)")
    #expect(reading.configuration == nil)
  }

  /// `here` is known only once a value of the section has been expanded.
  @Test func whatAVariableInEnvironmentTakesFromItIsRefusedToo() {
    let reading = UntrustedVariableTests.read(
      "environment_file=/www/.env\n[program:p]\ncommand=x\n"
        + "environment=A=%(here)s,U=%(ENV_X)s\nuser=%(ENV_U)s\n")
    let refusal = UntrustedVariableTests.refusal("user", "program:p", "U")
    #expect(reading.messages.contains { $0.hasSuffix(refusal) }, "\(reading.messages)")
  }

  @Test(arguments: [
    "command=x --env=%(ENV_X)s", "environment=A=\"%(ENV_X)s\"", "directory=/srv/%(ENV_X)s",
    "stop_command=stop %(ENV_X)s", "umask=0%(ENV_OCTAL)s", "health=http://%(ENV_X)s:80/",
    "health=exec:check %(ENV_X)s", "ready=tcp://%(ENV_X)s:80", "ready=fcgi://%(ENV_X)s:9000/ping",
  ])
  func itIsExpandedWhereTheProgramAloneUsesIt(_ line: String) {
    let reading = UntrustedVariableTests.read(
      "[program:p]\nenvironment_file=/www/.env\nuser=www-data\n"
        + (line.hasPrefix("command") ? "" : "command=x\n") + line + "\n",
      ["/www/.env": "X=value\nOCTAL=22\n"])
    #expect(reading.messages == [])
  }

  /// Root would run what the user writes.
  @Test(arguments: [
    ("program", "command"), ("program", "directory"), ("program", "umask"),
    ("program", "stop_command"), ("program", "numprocs"), ("program", "autostart"),
    ("program", "enabled"), ("fcgi-program", "command"), ("eventlistener", "command"),
    ("cron", "command"), ("cron", "enabled"), ("hook", "command"), ("hook", "directory"),
    ("hook", "enabled"),
  ])
  func aCommandOfRootTakesNoneFromAUser(_ kind: String, _ key: String) {
    let others =
      ["eventlistener": "events=TICK_5\n", "fcgi-program": "socket=tcp://127.0.0.1:9\n"][kind]
      ?? (kind == "cron" ? "schedule=@daily\n" : "")
    let command = key == "command" ? "" : "command=x\n"
    for user in ["", "user=root\n", "user=0:33\n"] {
      let reading = UntrustedVariableTests.read(
        "[\(kind):p]\nenvironment_file=/www/.env\n\(command)\(others)\(user)"
          + "\(key)=%(ENV_X)s\n")
      let refusal = UntrustedVariableTests.refusal(key, "\(kind):p", needsUser: true)
      #expect(reading.messages.contains { $0.hasSuffix(refusal) }, "\(reading.messages)")
    }
  }

  @Test func aCheckOfRootTakesNoneFromAUser() {
    let reading = UntrustedVariableTests.read(
      "\(UntrustedVariableTests.program)health=exec:check %(ENV_X)s\n")
    let refusal = UntrustedVariableTests.refusal("health", "program:p", needsUser: true)
    #expect(reading.messages == ["5:8: \(refusal)"])
  }

  @Test(arguments: [
    "health=unix://%(ENV_X)s", "health=file:///%(ENV_X)s", "ready=%(ENV_X)s",
    "ready=log:%(ENV_X)s", "ready=fcgi://%(ENV_X)s",
  ])
  func aProbeFollowsNoPathOfAUser(_ line: String) {
    for user in ["root", "www-data"] {
      let reading = UntrustedVariableTests.read(
        "\(UntrustedVariableTests.program)\(line)\nuser=\(user)\n",
        ["/www/.env": "X=unix:///run/docker.sock\n"])
      #expect(
        reading.messages.contains { $0.hasPrefix("5:") && $0.holds("uses the variable X of") })
    }
  }

  @Test func stepsTakeServersButNoPaths() {
    func messages(_ section: String) -> [String] {
      UntrustedVariableTests.read(
        section.replacing("FILE", with: "environment_file=/www/.env"),
        ["/www/.env": "X=db\nLOCK=file:///etc/shadow\n"]
      ).messages
    }
    #expect(messages("FILE\n[wait:w]\nurl=mysql://%(ENV_X)s\n") == [])
    #expect(messages("FILE\n[wait:w]\nurl=exec:%(ENV_X)s\n").count == 1)
    #expect(messages("FILE\n[wait:w]\ncommand=%(ENV_X)s\n").count == 1)
    #expect(messages("[wait:w]\nFILE\ncommand=x\ndirectory=/%(ENV_X)s\n").count == 1)
    #expect(messages("[hook:h]\nFILE\ncommand=x\nlock=redis://%(ENV_X)s/key\n") == [])
    #expect(messages("[hook:h]\nFILE\ncommand=x\nlock=%(ENV_LOCK)s\n").count == 1)
    #expect(messages("[hook:h]\nFILE\ncommand=x\ntimeout=%(ENV_X)s\n").count == 1)
  }

  @Test func ofTheSupervisorItCountsInNoOtherSectionEither() {
    let reading = UntrustedVariableTests.read(
      """
      environment_file=/www/.env
      logfile=/%(ENV_X)s
      [inet_http_server]
      port=%(ENV_X)s
      [program:p]
      user=www-data
      command=x %(ENV_X)s
      depends_on=%(ENV_X)s
      [directory:d]
      path=/%(ENV_X)s
      [cron:c]
      command=x
      schedule=@daily
      """, ["/www/.env": "X=value\nTZ=/etc/shadow"])
    let places = [
      ("3:9", "logfile", "supervisord", "X"), ("5:6", "port", "inet_http_server", "X"),
      ("11:6", "path", "directory:d", "X"), ("9:12", "depends_on", "program:p", "X"),
    ]
    #expect(
      Set(reading.messages)
        == Set(
          places.map { place, key, section, name in
            "\(place): \(UntrustedVariableTests.refusal(key, section, name))"
          } + [
            "14:10: error: schedule in [cron:c] uses the variable TZ of /www/.env, which a user "
              + "other than root may change; write a name like Europe/Berlin or a rule like "
              + "CET-1CEST,M3.5.0,M10.5.0/3 there, or timezone= in [cron:c]"
          ]))
  }

  @Test func whatIsMadeOfItIsNoBetter() {
    for (lines, isRefused) in [
      ("environment=Y=\"a%(ENV_X)s\"", true), ("environment=Y=a%(ENV_X)s", true),
      ("environment=Y=\"a\"", false), ("environment_file=/www/.env,/etc/y", true),
      ("environment_file=/www/.env,/etc/z", false), ("environment_file=/etc/z,/www/y", true),
    ] {
      let file = lines.hasPrefix("environment_file") ? "" : "environment_file=/www/.env\n"
      let reading = UntrustedVariableTests.read(
        "[program:p]\ncommand=x\n\(file)\(lines)\nuser=%(ENV_Y:-www-data)s\n",
        [
          "/www/.env": "X=1\n", "/etc/y": "Y=${X}0\n", "/etc/z": "Y=www-data\n", "/www/y": "Y=0",
        ])
      #expect(
        reading.messages.contains { $0.holds("uses the variable Y of") } == isRefused, "\(lines)")
    }
  }

  @Test func rootsOwnFilesMayStandAnywhere() {
    let reading = UntrustedVariableTests.read(
      "[program:p]\ncommand=x\nenvironment_file=/etc/app.env\nuser=%(ENV_X)s\n",
      ["/etc/app.env": "X=www-data\n"])
    #expect(reading.messages == [])
    #expect(reading.program("p")?.processes.first?.execution.identity?.user == 33)
  }

  @Test(arguments: [
    ("user=www-data", false), ("user=www-data:0", true), ("user=0\ngroup=0", false),
    ("user=www-data\nsupplementary_groups=0", true),
  ])
  func aFileOfRootsGroupIsTrustedUntilAUserRunsInIt(_ keys: String, _ isRefused: Bool) {
    let reading = UntrustedVariableTests.read(
      "[program:a]\ncommand=x\nenvironment_file=/srv/.env\nuser=%(ENV_X)s\n"
        + "[program:b]\ncommand=x\n\(keys)\n", ["/srv/.env": "X=33\n"])
    let refusal = UntrustedVariableTests.refusal("user", "program:a")
      .replacing("/www", with: "/srv")
    #expect(reading.messages == (isRefused ? ["5:6: \(refusal)"] : []))
  }

  /// What the variable itself chooses counts as well.
  @Test func aUserWhoJoinsRootsGroupByAFileOfItIsRefused() {
    let reading = UntrustedVariableTests.read(
      "[program:a]\ncommand=x\nenvironment_file=/srv/.env\nuser=%(ENV_X)s\n",
      ["/srv/.env": "X=www-data:0\n"])
    #expect(reading.messages.count == 1 && reading.messages[0].holds("uses the variable X of"))
  }

  /// Sockets and files with variables are opened before the supervisor gives its rights up.
  @Test func aSupervisorThatGivesUpItsRightsRefusesWhatRootUsesBefore() {
    let reading = UntrustedVariableTests.read(
      """
      user=www-data
      environment_file=/www/.env
      logfile=/%(ENV_X)s
      pidfile=/%(ENV_X)s
      control=/%(ENV_X)s
      [unix_http_server]
      file=/%(ENV_X)s
      [program:p]
      command=x
      environment_file=/%(ENV_X)s
      oom_score_adj=%(ENV_N)s
      """, ["/www/.env": "X=value\nN=-1000\n"])
    let places = [
      ("6:9", "control", "supervisord"), ("8:6", "file", "unix_http_server"),
      ("11:18", "environment_file", "program:p"),
    ]
    let score = UntrustedVariableTests.refusal("oom_score_adj", "program:p", "N")
    #expect(
      Set(reading.messages)
        == Set(
          places.map { place, key, section in
            "\(place): \(UntrustedVariableTests.refusal(key, section))"
          } + ["12:15: \(score)"]))
  }

  @Test(arguments: [
    ("Europe/Berlin", true), ("UTC", true), ("/etc/shadow", false), ("../shadow", false),
    (":UTC", true), ("", true), (":", true), (":/etc/shadow", false), ("CET-1CEST", true),
    ("CET-1CEST,M3.5.0,M10.5.0/3", true), ("<+03>-3", true), ("CET-1/../../shadow", false),
  ])
  func aZoneMayBeNamed(_ zone: String, _ isTaken: Bool) {
    let reading = UntrustedVariableTests.read(
      "environment_file=/www/.env\n[cron:c]\ncommand=x\nschedule=@daily\n",
      ["/www/.env": "TZ=\(zone)\n"])
    #expect(reading.messages.contains { $0.holds("uses the variable TZ of") } == !isTaken)
  }

  /// It has no rights that its programs lack.
  @Test func aSupervisorThatIsNotRootRefusesNothing() {
    let reading = UntrustedVariableTests.read(
      "user=www-data\nenvironment_file=/www/.env\n[program:p]\ncommand=x\npriority=%(ENV_N)s\n"
        + "environment_file=/www/.env\nstdout_logfile=/%(ENV_N)s\n", ["/www/.env": "N=1\n"])
    #expect(reading.messages == [])
  }

  @Test func theNameOfASecretSFileIsOnlyRoots() {
    let files = [
      "/www/.env": "A_FILE=/root/secret\nDIR=/root\n", "/root/secret": "hidden",
      "/run/secrets/A": "mounted", "/etc/a.env": "A_FILE=/run/secrets/A\n",
    ]
    let head = "[program:p]\ncommand=x\nsecrets=A\n"
    for lines in [
      "environment_file=/www/.env",
      "environment_file=/www/.env\nenvironment=A_FILE=\"%(ENV_DIR)s/a\"",
    ] {
      let reading = UntrustedVariableTests.read(
        "\(head)\(lines)\n", files, environment: ["A_FILE": "/x"])
      #expect(reading.configuration == nil)
      #expect(
        reading.messages.contains {
          $0.holds("4:9: error: secrets=A in [program:p]: ")
            && $0.holds(" comes from /www/.env, which")
        }, "\(reading.messages)")
    }
    #expect(
      UntrustedVariableTests.read("\(head)environment_file=/etc/a.env\n", files).messages == [])
    #expect(
      UntrustedVariableTests.read(
        "\(head)environment_file=/www/.env\nenvironment=A_FILE=\"/run/secrets/A\"\n", files
      ).messages == [])
  }

  @Test func aSecretThatAUserMayChooseIsOne() {
    let reading = UntrustedVariableTests.read(
      "[program:p]\ncommand=x\nsecrets=A\nuser=%(ENV_A)s\n", ["/www/a": "root"],
      environment: ["A_FILE": "/www/a"])
    #expect(reading.messages.contains { $0.holds("uses the variable A of /www/a") })
  }
}
