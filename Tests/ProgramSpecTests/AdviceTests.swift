import ProgramSpec
import Testing

/// Each piece of advice on a configuration that deserves it, with the place and the line to write
/// instead, and on one that does not.
@Suite struct AdviceTests {
  /// Name, configuration, and the beginning or the end of what is said.
  static let deserved: [(name: AdviceName, text: String, words: String)] = [
    (.stopSignal, "[program:n]\ncommand=nginx -g 'daemon off;'\n", "2:1: write stopsignal=QUIT"),
    (.stopSignal, "[program:n]\ncommand=nginx\nstopsignal=TERM\n", "4:12: preset=nginx"),
    (.stopSignal, "[program:f]\ncommand=gosu root php-fpm8.2 -F\n", "2:1: preset=php-fpm"),
    (.stopSignal, "[program:f]\ncommand=sh -c 'exec php-fpm -F'\n", "2:1: stopsignal=QUIT"),
    (
      .startOrder, "[program:n]\ncommand=nginx\n[program:f]\ncommand=php-fpm -F\n",
      "2:1: nginx starts beside f and answers 502 until that listens; write depends_on=f"
    ),
    (
      .startOrder, "[program:f]\ncommand=php-fpm -F\n[program:n]\ncommand=nginx\npriority=5\n",
      "4:1: nginx starts before f "
    ),
    (
      .stopWait, "[program:w]\ncommand=php artisan queue:work\n",
      "2:1: a job may take 60s (the default of --timeout), but is killed after 10s; "
        + "write stopwaitsecs=70"
    ),
    (
      .stopWait,
      "[program:w]\ncommand=php /a/artisan queue:work --timeout=90\nstopsignal=TERM:30s,QUIT:5s\n",
      "2:1: a job may take 90s, but is killed after 35s"
    ),
    (
      .stopWait, "[program:w]\ncommand=sh -c 'cd /a && exec php artisan queue:listen'\n",
      "2:1: stopwaitsecs=70"
    ),
    (.shellExec, "[program:x]\ncommand=sh -c 'cd /a && ./run -x'\n", "(exec ./run -x), or stopas"),
    (.shellExec, "[program:x]\ncommand=sh -c './run'\n", "exec before its last command"),
    (.shellExec, "[program:x]\ncommand=env A=1 bash -lc 'a; b'\n", "3:9: (exec b)"),
    (.shellExec, "[program:x]\ncommand=sh -c 'while true; do a; done'\n", "write stopasgroup=true"),
    (.shellExec, "[program:x]\ncommand=sh -c 'a | tee b'\n", "write stopasgroup=true"),
    (.onFatal, "[program:a]\ncommand=a\n[program:b]\ncommand=b\n", "1:1: one of the 2 programs"),
    (
      .quotedCommand, "[program:x]\ncommand=\"/usr/sbin/nginx -g 'daemon off'\"\n",
      "3:9: write command=/usr/sbin/nginx -g 'daemon off'"
    ),
    (.quotedCommand, "[program:x]\ncommand='php /a/artisan x'\n", "3:9: command=php /a/artisan x"),
    (.variable, "[program:x]\ncommand=run --port $PORT\n", "3:9: write %(ENV_PORT)s"),
    (.variable, "[program:x]\ncommand=run ${PORT:-80}\n", "write %(ENV_PORT:-80)s"),
    (.variable, "[program:x]\ncommand=run\ndirectory=$HOME/a\n", "4:11: write %(ENV_HOME)s"),
    (
      .comment, "[program:x]\ncommand=sh -c \"echo a ; echo b\"\n",
      "3:23: a comment begins here, and '; echo b\"' is no part of command; write ; without "
    ),
    (.comment, "[program:x]\ncommand=sh -c 'a #b'\n", "3:18: write ''# for #"),
    (.comment, "[program:x]\ncommand=x\nenvironment=A=1 ;B=2\n", "4:17: write a comma instead"),
    (.openControl, "[inet_http_server]\nport=*:9001\n", "2:1: or port=127.0.0.1:9001"),
    (.openControl, "[inet_http_server]\nport=9001\n", "whoever reaches port 9001"),
    (
      .logFile, "[program:x]\ncommand=x\nstdout_logfile=/var/log/x.log\n",
      "4:16: write stdout_logfile=/dev/stdout, or both: /var/log/x.log, /dev/stdout"
    ),
    (.logFile, "[program:x]\ncommand=x\nstderr_logfile=AUTO\n", "write stderr_logfile=/dev/stderr"),
    (
      .processNumber, "[program:x]\ncommand=x\nnumprocs=%(ENV_N:-1)s\n",
      "4:10: write process_name=%(program_name)s_%(process_num)02d"
    ),
    (
      .processNumber,
      "[program:x]\ncommand=x --port=80\nnumprocs=2\nprocess_name=x%(process_num)d\n",
      "3:9: all processes listen on port 80"
    ),
    (
      .migrationLock, "[hook:m]\ncommand=php artisan migrate --force\n",
      "3:9: write lock=file:///PATH on a volume they share, or add --isolated"
    ),
    (
      .migrationLock,
      "[hook:m]\ncommand=sh -c 'php bin/console doctrine:migrations:migrate && a'\n",
      "3:9: write lock=file:///PATH"
    ),
    (
      .migrationLock, "[program:m]\ncommand=python manage.py migrate\n",
      "3:9: make it a [hook:migrate] with lock="
    ),
  ]

  @Test(arguments: deserved.indices) func isGivenWhereItIsDeserved(_ row: Int) throws {
    let (name, text, words) = Self.deserved[row]
    let given = Workbench.advice(on: text).filter { $0.adviceName == name }
    let said = try #require(given.first.map { "\($0)".replacing("/etc/e.conf:", with: "") })
    let place = words.prefix { $0.isNumber || $0 == ":" }
    #expect(given.count == 1)
    #expect(place.isEmpty || said.hasPrefix("\(place) advice: "), "\(said)")
    #expect(said.contains(words.dropFirst(place.count).trimmingPrefix(" ")), "\(said)")
    #expect(said.hasSuffix("[\(name.rawValue)]"))
  }

  @Test(arguments: AdviceName.allCases) func everyNameIsDeservedByARow(_ name: AdviceName) {
    // What needs files of the machine has tests of its own.
    let others: [AdviceName] = [.foreground, .shutdownTimeout, .writableFile]
    #expect(Self.deserved.contains { $0.name == name } || others.contains(name))
  }

  /// What comes near, and is right as it is.
  @Test(arguments: [
    "[program:n]\ncommand=nginx\nstopsignal=QUIT\n", "[program:n]\ncommand=nginx\npreset=nginx\n",
    "[program:n]\ncommand=nginx -s reload\n", "[program:f]\ncommand=php-fpm -t\n",
    "[program:n]\ncommand=nginx\nstopsignal=INT\n",
    "[program:w]\ncommand=php artisan queue:work\nstopwaitsecs=60\n",
    "[program:w]\ncommand=php artisan queue:work --timeout=5\n",
    "[program:w]\ncommand=php artisan queue:work --timeout=0\n",
    "[program:w]\ncommand=php artisan queue:work\npreset=laravel-worker\n",
    "[program:x]\ncommand=sh -c 'cd /a && exec ./run'\n",
    "[program:x]\ncommand=sh -c 'if a; then exec b; else exec c; fi'\n",
    "[program:x]\ncommand=sh -c 'trap x TERM; a & wait'\n",
    "[program:x]\ncommand=bash -c './run 2>&1'\n",
    "[program:x]\ncommand=sh -c 'a && b'\nstopasgroup=true\n",
    "[program:x]\ncommand=sh -c 'a && b'\nautorestart=false\nstartsecs=0\n",
    "[program:x]\ncommand=sh script.sh -c\n",
    "[program:a]\ncommand=a\n[program:b]\ncommand=b\non_fatal=shutdown\n",
    "[program:a]\ncommand=a\n[program:b]\ncommand=b\nautostart=false\n",
    "[DEFAULT]\nstartretries=unlimited\n[program:a]\ncommand=a\n[program:b]\ncommand=b\n",
    "[program:a]\ncommand=a\n[program:b]\ncommand=b\n"
      + "[eventlistener:l]\ncommand=l\nevents=PROCESS_STATE_FATAL\n",
    "[program:x]\ncommand=\"/opt/My App/run\"\n", "[program:x]\ncommand='/opt/run'\n",
    "[program:x]\ncommand=\"/opt/run\" \"a b\"\n",
    "[program:x]\ncommand=envsubst '$HOST $PORT'\n", "[program:x]\ncommand=sh -c 'exec a $PORT'\n",
    "[program:x]\ncommand=nginx -g \"set $uri 1;\"\nstopsignal=QUIT\n",
    "[program:x]\ncommand=run \\$PORT\n", "[program:x]\ncommand=php -r \"echo $ARGV;\"\n",
    "[program:x]\ncommand=su app -c \"run $PORT\"\n",
    "[program:x]\ncommand=run 'a' ; starts \"it\"\n", "[program:x]\ncommand=run # it's here\n",
    "[program:x]\ncommand=x\nenvironment=A=1 ; B is two\n",
    "[inet_http_server]\nport=127.0.0.1:9001\n", "[inet_http_server]\nport=localhost:9001\n",
    "[inet_http_server]\nport=*:9001\nusername=a\npassword=b\n",
    "[unix_http_server]\nfile=/run/s.sock\n",
    "[program:x]\ncommand=x\nstdout_logfile=/var/log/x.log, /dev/stdout\n",
    "[program:x]\ncommand=x\nstdout_logfile=/app/storage/logs/x.log\n",
    "[program:x]\ncommand=x\nstdout_logfile=/var/log/x.log\nstdout_syslog=true\n",
    "[program:x]\ncommand=x\nstderr_logfile=/var/log/x.log\nredirect_stderr=true\n",
    "[program:x]\ncommand=x\nstdout_logfile=NONE\n",
    "[program:x]\ncommand=x --port=80\nnumprocs=1\n",
    "[program:x]\ncommand=x --port=80%(process_num)d\nnumprocs=2\n"
      + "process_name=x%(process_num)d\n",
    "[program:x]\ncommand=x\nnumprocs=%(ENV_N:-1)s\nprocess_name=x%(process_num)d\n",
    "[hook:m]\ncommand=php artisan migrate --force --isolated\n",
    "[hook:m]\ncommand=php artisan migrate\nlock=file:///s/l\n",
    "[hook:m]\ncommand=php artisan migrate:status\n",
    "[hook:m]\ncommand=php artisan migrate --pretend\n",
  ])
  func isNotGivenWhereNobodyDeservesIt(_ text: String) {
    #expect(Workbench.advice(on: text).map { "\($0)" } == [])
  }

  /// Orders that somebody has thought of.
  @Test(arguments: [
    "[program:n]\ncommand=nginx\ndepends_on=f\n[program:f]\ncommand=php-fpm -F\n",
    "[program:n]\ncommand=nginx\ndepends_on=\n[program:f]\ncommand=php-fpm -F\n",
    "[program:n]\ncommand=nginx\n[program:f]\ncommand=php-fpm -F\npriority=5\n",
    "[program:n]\ncommand=nginx\n[program:f]\ncommand=php-fpm -F\ndepends_on=x\n"
      + "[program:x]\ncommand=x\nafter=g\n[group:g]\nprograms=n\n",
    "[program:n]\ncommand=nginx\n[program:f]\ncommand=php-fpm -F\nautostart=false\n",
  ])
  func anOrderThatIsThereIsLeftAlone(_ text: String) {
    #expect(!Workbench.advice(on: text).contains { $0.adviceName == .startOrder })
  }

  @Test(
    arguments: [
      ("stopwaitsecs=30", "4:14: advice: a grace of 30s ends with shutdown_timeout after 9s; "),
      ("stopsignal=TERM:8s,QUIT:500ms,KILL", nil),
      ("stopsignal=TERM:9s,QUIT:500ms,KILL:0s", "3:1: "),
      ("stopwaitsecs=9", nil), ("autorestart=true", nil), ("preset=nginx", nil),
    ] as [(String, String?)])
  func aGraceMustFitTheShutdown(_ line: String, _ start: String?) {
    let text = "shutdown_timeout=9s\n[program:x]\n\(line)\ncommand=x\n"
    let given = Workbench.advice(on: text).filter { $0.adviceName == .shutdownTimeout }
    let said = given.first.map { "\($0)".replacing("/etc/e.conf:", with: "") }
    #expect(start.map { said?.hasPrefix($0) == true } ?? (said == nil), "\(said ?? "")")
  }

  @Test(arguments: [
    ("nginx", "/etc/nginx/nginx.conf", "user x;\n# daemon off;\n", true),
    ("nginx", "/etc/nginx/nginx.conf", "user x;\n daemon off;\n", false),
    ("nginx -g 'daemon off;'", "/etc/nginx/nginx.conf", "user x;\n", false),
    ("nginx -c /n.conf", "/n.conf", "user x;\n", true), ("nginx", "/elsewhere", "", false),
    ("php-fpm8.2", "/etc/php/8.2/fpm/php-fpm.conf", "[global]\n;daemonize = no\n", true),
    ("php-fpm8.2", "/etc/php/8.2/fpm/php-fpm.conf", "[global]\ndaemonize = no\n", false),
    ("php-fpm", "/usr/local/etc/php-fpm.d/zz-docker.conf", "daemonize=no\n", false),
    ("php-fpm -RF", "/usr/local/etc/php-fpm.conf", "", false),
    ("php-fpm -y /f.conf", "/f.conf", "pid = x\n", true), ("php-fpm", "/elsewhere", "", false),
  ])
  func serversStayInTheForeground(
    _ command: String, _ path: String, _ contents: String, _ isAdvised: Bool
  ) {
    let text = "[supervisord]\n[program:x]\ncommand=\(command)\n"
    var bench = Workbench(["/c": text, path: contents])
    bench.surroundings.matches = { pattern in
      let start = pattern.prefix { $0 != "*" }
      return path.hasPrefix(start) && path.hasSuffix(".conf") ? [path] : []
    }
    let advice = ConfigurationReader.check(path: "/c", in: bench.surroundings).advice
    #expect(advice.contains { $0.adviceName == .foreground } == isAdvised)
  }

  @Test func whatIsAllowedIsNotSaid() {
    let text =
      "allow=on-fatal, log-file\n[program:a]\ncommand=a\nstdout_logfile=/tmp/a\n"
      + "[program:n]\ncommand=nginx\n"
    #expect(Workbench.advice(on: text).map(\.adviceName) == [.stopSignal])
  }

  @Test func anUnknownNameIsAWarningWithASuggestion() {
    let reading = Workbench.read("[supervisord]\nallow=stop-sygnal, x\n")
    #expect(
      reading.messages == [
        "2:7: warning: there is no advice named 'stop-sygnal'; did you mean 'stop-signal'?",
        "2:7: warning: there is no advice named 'x'",
      ])
  }

  @Test func onlyWhenStrictItFails() {
    let text = "[supervisord]\n[program:n]\ncommand=nginx\n"
    #expect(Workbench.check(text).configuration != nil)
    let strict = Workbench.check(text, strict: true)
    #expect(strict.configuration == nil)
    #expect(strict.advice.map(\.severity) == [.error])
    let allowed = "[supervisord]\nallow=stop-signal\n[program:n]\ncommand=nginx\n"
    #expect(Workbench.check(allowed, strict: true).configuration != nil)
  }

  @Test func errorsComeWithoutAdviceButForCommentsInValues() {
    let text = "[supervisord]\n[program:n]\ncommand=nginx\n[hook:x]\ncommand=sh -c 'a ; b'\n"
    let reading = Workbench.check(text)
    #expect(reading.configuration == nil)
    #expect(reading.advice.map(\.adviceName) == [.comment])
  }
}

extension Workbench {
  static func check(_ text: String, strict: Bool = false) -> ConfigurationReader.Reading {
    let bench = Workbench(["/etc/e.conf": text])
    return ConfigurationReader.check(path: "/etc/e.conf", in: bench.surroundings, strict: strict)
  }

  /// On what follows the line `[supervisord]`.
  static func advice(on text: String) -> [Diagnostic] { check("[supervisord]\n\(text)").advice }
}
