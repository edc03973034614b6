import Import
import ProgramSpec
import Testing

@Suite struct ProcfileTests {
  @Test(arguments: [
    ("bundle exec puma -C config/puma.rb", ["bundle", "exec", "puma", "-C", "config/puma.rb"]),
    ("run 'a b' \"c\"", ["run", "a b", "c"]),
    ("run --rate 50%", ["run", "--rate", "50%"]),
    ("gunicorn app:app -b 0.0.0.0:$PORT", ["sh", "-c", "exec gunicorn app:app -b 0.0.0.0:$PORT"]),
    ("cd api && npm start", ["sh", "-c", "cd api && exec npm start"]),
    ("RAILS_ENV=production rails s", ["sh", "-c", "exec env RAILS_ENV=production rails s"]),
    ("exec ./run", ["sh", "-c", "exec ./run"]),
    ("while true; do ./job; sleep 60; done", ["sh", "-c", "while true; do ./job; sleep 60; done"]),
    ("echo 'it is ; here' \"#1\" > x", ["sh", "-c", "exec echo 'it is ; here' \"#1\" > x"]),
    ("run 'a ;b' 'c #d'", ["sh", "-c", "exec run 'a ;b' 'c #d'"]),
    ("node server.js # comment", ["sh", "-c", "exec node server.js # comment"]),
  ])
  func commandsRunAsForemanRunsThem(_ line: String, _ words: [String]) throws {
    let loaded = try Loaded("job: \(line)\n", as: "Procfile")
    #expect(loaded.words("job") == words)
    #expect(loaded.complaints == [])
    #expect(loaded.outcome.notes == [])
  }

  @Test func eachProcessIsAProgramAndAReleaseAHook() throws {
    let loaded = try Loaded(
      """
      # what Heroku runs
      web: bundle exec puma -p $PORT

      worker-1: bundle exec sidekiq
      release: rails db:migrate
      sse: node sse.js --port $PORT
      """, as: "Procfile")
    #expect(loaded.complaints == [])
    #expect(
      loaded.reading.configuration?.units.map(\.name) == ["release", "web", "worker-1", "sse"])
    #expect(loaded.hook("release")?.execution.arguments == ["rails", "db:migrate"])
    #expect(loaded.environment("web") == ["PORT=5000"])
    #expect(loaded.environment("worker-1") == [])
    #expect(loaded.environment("sse") == ["PORT=5200"])
    let program = try #require(loaded.program("worker-1"))
    #expect(program.restart.automatic == .always && program.onFatal == .shutdown)
  }

  @Test func whatIsKnownGetsItsPreset() throws {
    let loaded = try Loaded(
      "web: php-fpm -F\nqueue: php artisan queue:work --tries=3\nui: npm start\nx: sh -c 'a; b'\n",
      as: "Procfile")
    #expect(loaded.program("web")?.preset == "php-fpm")
    #expect(loaded.program("queue")?.preset == "laravel-worker")
    #expect(loaded.program("ui")?.preset == "node")
  }

  @Test func aLoopIsStoppedAsAGroup() throws {
    let loaded = try Loaded("job: while a; do b; done\n", as: "Procfile")
    #expect(loaded.program("job")?.stop.asGroup == true)
  }

  @Test(
    arguments: [
      ("Procfile", nil, nil), ("./Procfile.dev", nil, nil), ("/app/Procfile", "/app", nil),
      ("Procfile", nil, "A=1\n"), ("/app/Procfile", "/app", "PORT=3000\n"),
    ] as [(String, String?, String?)])
  func itRunsWhereTheProcfileIs(_ path: String, _ directory: String?, _ dotenv: String?) throws {
    let loaded = try Loaded("web: run\n", as: path, dotenv: dotenv)
    #expect(loaded.program("web")?.processes.first?.execution.directory == directory)
    let line = "environment_file=-\(directory.map { "\($0)/" } ?? "").env\n"
    #expect(loaded.outcome.text.contains(line) == (dotenv != nil))
    #expect(loaded.environment("web") == [dotenv == "PORT=3000\n" ? "PORT=3000" : "PORT=5000"])
  }

  @Test(arguments: [
    ("web bundle\n", 1, 1, "expected name: command, found web bundle"),
    ("a: b\n\nwe b: x\n", 3, 1, "expected name: command, found we b: x"),
    ("a: b\nc: 'x\n", 2, 3, "No closing quotation"), ("web:\n", 1, 1, "expected name: command"),
    ("# nothing\n", 0, 0, "no line is name: command"),
  ])
  func whatIsNoProcfileIsSaidWithItsPlace(
    _ text: String, _ line: Int, _ column: Int, _ reason: String
  ) {
    let problem = #expect(throws: ImportProblem.self) { try Loaded(text, as: "Procfile") }
    #expect(problem?.line == line && problem?.column == column)
    #expect(problem?.reason.hasPrefix(reason) == true, "\(problem?.reason ?? "")")
  }
}
