import ProgramSpec
import Testing

@Suite struct SectionTests {
  @Test func aProgramHasSupervisordSDefaults() throws {
    let program = try #require(Workbench.readUnits("[program:p]\ncommand=x\n").program("p"))
    #expect(program == expected())
    func expected() -> Program {
      let execution = Execution(arguments: ["x"])
      return Program(processes: [
        Process(name: "p", group: "p", number: 0, commandLine: "x", execution: execution)
      ])
    }
  }

  @Test func calledAsSupervisordLogsGoToFiles() {
    var bench = Workbench(["/c": "[supervisord]\n[program:p]\ncommand=x\n"])
    bench.surroundings.calledAs = .supervisord
    let reading = ConfigurationReader.read(path: "/c", in: bench.surroundings)
    let output = reading.program("p")?.processes.first?.execution.output
    #expect(output?.stdout.targets == [.automatic])
  }

  @Test func everyKeyOfAProgramIsRead() throws {
    let reading = Workbench.readUnits(
      """
      [program:p]
      command=x
      startsecs=5
      startretries=unlimited
      autorestart=true
      exitcodes=0,2
      planned_exitcodes=12
      stopsignal=TERM:30s,QUIT:5s,KILL
      stopwaitsecs=7
      stopasgroup=true
      user=www-data
      supplementary_groups=adm
      rlimit_nofile=100:200
      restart_delay=1s
      restart_delay_max=9s
      restart_jitter=20%%
      health=tcp://127.0.0.1:80
      health_interval=5s
      health_timeout=2s
      health_rise=4
      health_fall=6
      health_grace=7s
      on_unhealthy=shutdown
      memory_limit=1MB
      max_uptime=1d
      watchdog=30s
      stop_command=quit %(program_name)s
      reload_signal=USR2
      on_exit=shutdown
      restart_limit=5/60s
      ready=fd:3
      on_fatal=shutdown
      """)
    let program = try #require(reading.program("p"))
    #expect(program.restart.startRetries == nil)
    #expect(program.restart.plannedExitCodes == [12])
    #expect(
      program.stop.steps == [
        StopStep(signal: .terminate, wait: .seconds(30)),
        StopStep(signal: .quit, wait: .seconds(5)), StopStep(signal: .kill, wait: .seconds(7)),
      ])
    #expect(program.stop.killAsGroup)
    #expect(program.restart.delay?.jitterThousandths == 200)
    #expect(program.restart.limit == RestartLimit(count: 5, window: .seconds(60)))
    #expect(program.readiness == .descriptor(3))
    #expect(program.onFatal == .shutdown)
    #expect(program.onExit == .shutdown)
    #expect(program.restart.delay?.maximum == .seconds(9))
    var health = Health(probe: .tcp(Endpoint(host: "127.0.0.1", port: 80)))
    (health.interval, health.timeout, health.grace) = (.seconds(5), .seconds(2), .seconds(7))
    (health.rise, health.fall, health.onUnhealthy) = (4, 6, .shutdown)
    #expect(program.health == health)
    #expect(program.memoryLimit == 1 << 20)
    #expect(program.maximumUptime == .seconds(86_400))
    #expect(program.watchdog == .seconds(30) && program.usesNotifications)
    #expect(program.uptimeJitterThousandths == 200)
    #expect(program.processes.first?.stopCommand == ["quit", "p"])
    #expect(program.reloadSignal == .user2)
    let execution = try #require(program.processes.first?.execution)
    #expect(execution.identity?.user == 33)
    #expect(execution.identity?.supplementaryGroups == [33, 4])
    #expect(execution.limits == [ResourceLimit(resource: .nofile, soft: 100, hard: 200)])
  }

  @Test(
    arguments: [
      ("www-data", 33, 33, [33, 44]), ("33", 33, 33, [33, 44]), ("1000", 1000, 1000, [1000]),
      ("1000:www-data", 1000, 33, [33]), ("www-data:4", 33, 4, [4]),
    ] as [(String, UInt32, UInt32, [UInt32])])
  func usersWithAndWithoutAnEntry(
    _ text: String, _ user: UInt32, _ group: UInt32, _ groups: [UInt32]
  ) {
    let reading = Workbench.readUnits("[program:p]\ncommand=x\nuser=\(text)\n")
    let identity = reading.program("p")?.processes.first?.execution.identity
    #expect(identity?.user == user)
    #expect(identity?.group == group)
    #expect(identity?.supplementaryGroups == groups)
  }

  /// The logger has only the first two of them.
  @Test(arguments: [
    ("log_format=prefix", "log_format=prefix; write log_format=raw"),
    ("log_format=json", "log_format=json; write log_format=raw"),
    ("stdout_syslog=true", "stdout_syslog; leave that out"),
    ("stdout_capture_maxbytes=1KB", "stdout_capture_maxbytes; leave that out"),
    ("stdout_events_enabled=true", "stdout_events_enabled; leave that out"),
    ("ready=log:up", "ready=log:; write another ready="),
  ])
  func aDescriptorThatTheLoggerHasNotIsForThePlainOutput(_ key: String, _ cause: String) {
    for path in ["/dev/fd/5", "/proc/1/fd/5"] {
      let reading = Workbench.readUnits(
        "[program:p]\ncommand=x\n\(key)\nstdout_logfile=\(path)\n")
      let start = "5:16: error: stdout_logfile=\(path) in [program:p]: descriptor 5 can only be "
      #expect(
        reading.messages == [
          start + "handed to the program as it is, not with \(cause), "
            + "or write /dev/stdout, /dev/stderr or a file here"
        ])
    }
    for path in ["/dev/fd/1", "/dev/stderr"] {
      let reading = Workbench.readUnits(
        "[program:p]\ncommand=x\n\(key)\nstdout_logfile=\(path)\n")
      #expect(reading.messages == [])
    }
  }

  @Test(arguments: [
    ("[supervisord]\nstrip_ansi=true\n[program:p]\ncommand=x\nstderr_logfile=/dev/fd/5\n", 5),
    ("[supervisord]\nlog_format=json\n[hook:h]\ncommand=x\nstderr_logfile=/dev/fd/0\n", 5),
    ("[supervisord]\n[program:p]\ncommand=x\nstderr_logfile=/dev/fd/5, /dev/stderr\n", 4),
  ])
  func suchADescriptorIsRefusedForHooksAndByWhatHoldsForAllToo(_ text: String, _ line: Int) {
    let messages = Workbench.read(text).messages
    #expect(messages.count == 1)
    #expect(messages.first?.hasPrefix("\(line):16: error: stderr_logfile=/dev/fd/") == true)
  }

  @Test(arguments: ["stdout_logfile=/dev/fd/5", "stderr_logfile=/dev/fd/5\nredirect_stderr=true"])
  func suchADescriptorIsHandedOverOrLeftAlone(_ keys: String) {
    let reading = Workbench.readUnits("[program:p]\ncommand=x\n\(keys)\n")
    #expect(!reading.diagnostics.contains { $0.severity == .error })
  }

  @Test func aPresetGivesWayToWhatIsWritten() throws {
    let reading = Workbench.readUnits(
      "[program:p]\ncommand=x\npreset=php-fpm\nstopwaitsecs=3\n")
    let program = try #require(reading.program("p"))
    #expect(program.stop.steps == [StopStep(signal: .quit, wait: .seconds(3))])
    #expect(program.reloadSignal == .user2)
  }

  @Test(arguments: Preset.all.map(\.name)) func everyPresetIsReadable(_ name: String) {
    let reading = Workbench.readUnits("[program:p]\ncommand=x\npreset=\(name)\n")
    #expect(reading.messages == [])
    #expect(reading.program("p")?.restart.automatic == .always)
  }

  @Test func groupsNameTheirProcesses() {
    let reading = Workbench.readUnits(
      "[group:g]\nprograms=a,b\npriority=5\n[program:a]\ncommand=x %(group_name)s\n"
        + "[program:b]\ncommand=y\n")
    #expect(reading.program("a")?.processes.map(\.displayName) == ["g:a"])
    #expect(reading.program("a")?.processes.first?.commandLine == "x g")
    #expect(reading.configuration?.groups.first?.priority == 5)
  }

  @Test func stepsAreRead() throws {
    let reading = Workbench.readUnits(
      """
      [wait:db]
      url=mysql://db
      timeout=0
      [directory:d]
      path=/a, /b
      owner=www-data
      mode=0750
      recursive=yes
      [template:t]
      source=/in
      destination=out
      [hook:h]
      command=x
      stage=stop
      retries=2
      on_failure=continue
      lock=file:///shared/lock
      """)
    #expect(reading.messages == [])
    let units = try #require(reading.configuration?.units)
    var wait = Wait(condition: .probe(.mysql(Endpoint(host: "db", port: 3306))))
    wait.timeout = .zero
    #expect(units[0].work == .wait(wait))
    guard case .directory(let step) = units[1].work, case .template(let template) = units[2].work,
      case .hook(let hook) = units[3].work
    else {
      Issue.record("the kinds are wrong")
      return
    }
    #expect(step.paths == ["/a", "/b"] && step.mode == 0o750 && step.recursive)
    #expect(template.destination == "/base/out")
    #expect(hook.stage == .stop && hook.retries == 2 && hook.onFailure == .continue)
    #expect(hook.lock == HookLock(place: .file("/shared/lock")))
  }

  @Test func whatIsDisabledIsLeftOutAndNobodyWaitsForIt() {
    let reading = Workbench.readUnits(
      "[program:a]\ncommand=x\nenabled=%(ENV_A:-false)s\n[program:b]\ncommand=y\ndepends_on=a\n"
    )
    #expect(reading.messages == [])
    #expect(reading.configuration?.units.map(\.name) == ["b"])
    #expect(reading.configuration?.units.first?.dependsOn == [])
  }

  @Test func everyKeyIsInTheTableOnceForEachSection() {
    for kind in (0..<14).map({ Key.Kinds(rawValue: 1 << $0) }) {
      let names = Key.known(in: kind).map(\.name)
      #expect(Set(names).count == names.count)
    }
    #expect(Key.all.allSatisfy { !$0.meaning.isEmpty })
  }

  @Test func aWaitSaysAllThatIsWrongWithItAtOnce() {
    let reading = Workbench.readUnits("[wait:x]\nurl=nope://h\ntimeout=soon\nprobe_timeout=0\n")
    #expect(reading.messages.map { $0.prefix(3) } == ["3:5", "4:9", "5:1"])
  }
}
