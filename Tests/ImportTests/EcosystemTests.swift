import Import
import ProgramSpec
import Testing

@Suite struct EcosystemTests {
  static let path = "ecosystem.config.json"

  @Test(arguments: [
    (#""script":"app.js""#, ["node", "app.js"]),
    (#""script":"./bin/www","args":["-a","b c"]"#, ["node", "./bin/www", "-a", "b c"]),
    (
      #""script":"app.js","args":"-p '1 2'","node_args":"--max-old-space-size=200""#,
      ["node", "--max-old-space-size=200", "app.js", "-p", "1 2"]
    ),
    (#""script":"npm","args":"run start""#, ["npm", "run", "start"]),
    (#""script":"x.py","interpreterArgs":["-u"]"#, ["python", "-u", "x.py"]),
    (#""script":"./run","interpreter":"none","cwd":"/app""#, ["/app/run"]),
    (#""script":"bin/run","interpreter":"none","cwd":"/app""#, ["/app/bin/run"]),
    (#""script":"run.sh","interpreter":"none","cwd":"/app""#, ["/app/run.sh"]),
    (#""script":"run.sh","interpreter":"none""#, ["./run.sh"]),
    (#""script":"/bin/run","interpreter":"none","cwd":"/app""#, ["/bin/run"]),
    (#""script":"npm","interpreter":"none","cwd":"/app","args":"ci""#, ["npm", "ci"]),
    (#""script":"artisan","interpreter":"php","args":"x""#, ["php", "artisan", "x"]),
    (#""script":"cd a && node b.js""#, ["sh", "-c", "cd a && exec node b.js"]),
    (
      #""script":"a.js","args":["50%","; x","a #b","it's","l1\nl2"]"#,
      ["node", "a.js", "50%", "; x", "a #b", "it's", "l1\nl2"]
    ),
  ])
  func theCommandIsWhatPM2Runs(_ app: String, _ words: [String]) throws {
    let loaded = try Loaded("{\(app),\"name\":\"x\"}", as: Self.path)
    #expect(loaded.words("x") == words)
    #expect(loaded.complaints == [])
    #expect(loaded.outcome.notes == [])
  }

  @Test(arguments: ["ecosystem.config.json", "Procfile"])
  func aByteOrderMarkIsWhatAnEditorLeft(_ path: String) throws {
    let text = path == "Procfile" ? "a: sleep 1\n" : #"{"script":"sleep","args":"1","name":"a"}"#
    let marked = try Loaded("\u{FEFF}\(text)", as: path)
    #expect(marked.words("a") == ["sleep", "1"])
  }

  @Test func whatHasAKeyOfOursIsCarriedOver() throws {
    let loaded = try Loaded(
      """
      {"apps": [{"name": "api", "script": "api.js", "cwd": "/app", "uid": "www-data", "gid": 8,
        "max_memory_restart": "300M", "min_uptime": "5s", "max_restarts": 7, "restart_delay": 4000,
        "kill_timeout": 3500, "out_file": "logs/out.log", "error_file": "/dev/null",
        "stop_exit_codes": [0, 3], "env": {"A": "x y", "N": 5, "B": true}}]}
      """, as: Self.path)
    #expect(loaded.complaints == [] && loaded.outcome.notes == [])
    let program = try #require(loaded.program("api"))
    let execution = try #require(program.processes.first?.execution)
    #expect(execution.directory == "/app")
    #expect(execution.identity?.user == 7 && execution.identity?.group == 8)
    #expect(program.memoryLimit == 300 << 20)
    #expect(program.restart.startSeconds == .seconds(5) && program.restart.startRetries == 7)
    #expect(program.restart.delay?.initial == .seconds(4))
    #expect(program.restart.delay?.factorThousandths == 1000)
    #expect(program.restart.automatic == .unexpected && program.restart.exitCodes == [0, 3])
    #expect(program.stop.steps == [StopStep(signal: .interrupt, wait: .milliseconds(3500))])
    #expect(program.stop.asGroup)
    #expect(execution.output.stdout.targets == [.file("/app/logs/out.log")])
    #expect(execution.output.stderr.targets == [])
    #expect(loaded.environment("api") == ["A=x y", "B=true", "N=5"])
    #expect(loaded.outcome.text.contains("[directory:api-logs]\npath=/app/logs\n"))
  }

  @Test func withoutAWordItIsAsPM2HasIt() throws {
    let program = try #require(try Loaded("[{\"script\":\"a.js\"}]", as: Self.path).program("a"))
    #expect(program.restart.automatic == .always && program.restart.startRetries == 16)
    #expect(program.stop.steps == [StopStep(signal: .interrupt, wait: .milliseconds(1600))])
  }

  @Test func backoffGrowsAndNeverEnds() throws {
    let loaded = try Loaded(
      #"{"script":"a.js","exp_backoff_restart_delay":100}"#, as: Self.path)
    let restart = try #require(loaded.program("a")?.restart)
    #expect(restart.startRetries == nil && restart.delay?.initial == .milliseconds(100))
    #expect(restart.delay?.factorThousandths == 1500 && restart.delay?.maximum == .seconds(15))
  }

  @Test(arguments: [
    (#""instances":"max""#, 4, "PORT=3000", "PORT=3003"),
    (#""instances":0"#, 4, "PORT=3000", "PORT=3003"),
    (#""instances":2"#, 2, "PORT=3000", "PORT=3001"),
  ])
  func instancesAreProcessesWithNumbers(
    _ instances: String, _ count: Int, _ first: String, _ last: String
  ) throws {
    let loaded = try Loaded(
      """
      {"script":"a.js","exec_mode":"fork","increment_var":"PORT","env":{"PORT":3000},\(instances)}
      """,
      as: Self.path)
    #expect(loaded.complaints == [] && loaded.outcome.notes == [])
    #expect(loaded.program("a")?.processes.count == count)
    #expect(loaded.environment("a") == [first, "NODE_APP_INSTANCE=0"])
    #expect(
      loaded.environment("a", process: count - 1) == [last, "NODE_APP_INSTANCE=\(count - 1)"])
  }

  @Test func anEnvironmentIsChosenByName() throws {
    let text = #"{"script":"a.js","env":{"A":"1","B":"2"},"env_production":{"A":"3"}}"#
    let chosen = try Loaded(text, as: Self.path, environment: "production")
    #expect(chosen.environment("a") == ["A=3", "B=2"] && chosen.outcome.notes == [])
    let plain = try Loaded(text, as: Self.path)
    #expect(plain.environment("a") == ["A=1", "B=2"])
    #expect(
      plain.outcome.notes == [
        "a: not carried over: env_production; import with --env production for it"
      ])
  }

  @Test(arguments: [
    (#""watch":true"#, "watch; "),
    (#""wait_ready":true,"listen_timeout":3000"#, "ready_timeout=3s"),
    (#""instances":2"#, "the port that the instances of a cluster share"),
    (#""time":true"#, "log_format=json"),
    (#""max_memory_restart":"1.5G""#, "max_memory_restart=1.5G"),
    (#""instances":"many""#, "instances=many"), (#""colour":"red""#, "colour=red"),
    (#""env":{"A":{}}"#, "A={…} of env"), (#""cron_restart":"x""#, "cron_restart=x"),
    (#""shutdown_with_message":true"#, "handle SIGINT"),
    (#""stop_exit_codes":[999]"#, "stop_exit_codes"),
  ])
  func whatIsNotCarriedOverIsSaid(_ field: String, _ words: String) throws {
    let loaded = try Loaded("{\"script\":\"a.js\",\(field)}", as: Self.path)
    #expect(loaded.errors == [])
    #expect(loaded.outcome.notes.contains { $0.contains(words) }, "\(loaded.outcome.notes)")
  }

  @Test func aRestartByTheClockIsACron() throws {
    let loaded = try Loaded(
      #"{"script":"a.js","instances":2,"exec_mode":"fork","cron_restart":"0 3 * * *"}"#,
      as: Self.path)
    #expect(loaded.errors == [] && loaded.outcome.notes == [])
    #expect(
      loaded.outcome.text.hasSuffix(
        "[cron:a-restart]\nschedule=0 3 * * *\ncommand=entrypoint restart 'a:*'\n"))
  }

  @Test func namesAreMadeOnesOfOurs() throws {
    let loaded = try Loaded(
      #"{"apps":[{"name":"my api/1","script":"a.js"},{"name":"my api:1","script":"b.js"}]}"#,
      as: Self.path)
    #expect(loaded.complaints == [])
    #expect(loaded.words("my-api-1") == ["node", "a.js"])
    #expect(loaded.words("my-api-1-2") == ["node", "b.js"])
  }

  @Test(arguments: [
    ("{\n  \"apps\": [,]}", 2, 12, "expected a value"),
    ("{\"apps\": []}", 0, 0, "there are no apps"),
    ("[1]", 0, 0, "apps[0] is no object"), ("{\"apps\":[{}]}", 0, 0, "apps[0] has no script"),
    ("7", 0, 0, "expected {\"apps\""), ("{'apps': 1}", 1, 2, "expected a name in quotes"),
    ("{\"a\": 1,}", 1, 9, "expected a name in quotes"), ("// x\n{}", 1, 1, "expected a value"),
  ])
  func whatIsNoEcosystemFileIsSaidWithItsPlace(
    _ text: String, _ line: Int, _ column: Int, _ reason: String
  ) {
    let problem = #expect(throws: ImportProblem.self) { try Loaded(text, as: Self.path) }
    #expect(problem?.line == line && problem?.column == column, "\(problem.debugDescription)")
    #expect(problem?.reason.hasPrefix(reason) == true)
  }

  @Test(arguments: [
    (
      "ecosystem.config.js", "node -p 'JSON.stringify(require(\"./ecosystem.config.js\"), null, 2)'"
    ),
    ("/a/pm2.config.cjs", "require(\"/a/pm2.config.cjs\")"), ("x.yml", "npx js-yaml x.yml"),
    ("supervisord.conf", "entrypoint check -c supervisord.conf"),
  ])
  func whatCannotBeReadSaysHowToGoOn(_ path: String, _ words: String) {
    let problem = #expect(throws: ImportProblem.self) { try Loaded("", as: path) }
    #expect(problem?.reason.contains(words) == true)
  }

  /// Without its user the program would run as root.
  @Test(arguments: [
    #""uid":"www\nuser=root""#, #""uid":"www\u001b""#, #""uid":["www"]"#, #""uid":"www","gid":{}"#,
    #""uid":"www","gid":"a\u0000""#,
  ])
  func anAppWhoseUserCannotBeWrittenIsNotCarriedOver(_ fields: String) throws {
    let app = "{\"script\":\"/bin/a\",\"name\":\"x\",\(fields)}"
    let loaded = try Loaded(app, as: Self.path)
    #expect(loaded.program("x") == nil)
    let note = "x: not carried over: its uid or gid cannot be written as user="
    #expect(loaded.outcome.notes == [note])
  }

  @Test(arguments: [#""uid":"""#, #""uid":null"#])
  func anEmptyUserIsNone(_ field: String) throws {
    let loaded = try Loaded("{\"script\":\"/bin/a\",\"name\":\"x\",\(field)}", as: Self.path)
    #expect(loaded.program("x") != nil && loaded.outcome.notes == [])
  }

  /// A note that is redirected into the configuration must not become a section of it.
  @Test func aNoteIsOneLine() throws {
    let app = #"{"script":"/bin/a","name":"x","cwd":"/a\n[program:b]","w\u001b":"\u2028"}"#
    let loaded = try Loaded(app, as: Self.path)
    #expect(
      loaded.outcome.notes == [
        #"x: not carried over: cwd=/a\n[program:b]"#, #"x: not carried over: w\x1b=\u2028"#,
      ])
    #expect(loaded.outcome.text.contains(#"; not carried over: cwd=/a\n[program:b]"#))
  }
}
