import Import
import Support
import Testing

/// Seeded damage: an import never traps, and whatever it makes can be loaded.
@Suite struct MutationTests {
  static let procfile = """
    web: bundle exec puma -p $PORT 'a b' "c" ; x # y
    release: rails db:migrate && A=1 exec b
    worker: while true; do php artisan queue:work; done 2>&1 | tee log

    """
  static let ecosystem = #"""
    {"apps": [{"name": "api 1", "script": "./bin/www", "args": ["a;b", "c #d", "e\nf", "'"],
      "instances": "max", "exec_mode": "cluster", "cwd": "/app", "uid": 1, "gid": "x",
      "max_memory_restart": "300M", "min_uptime": "5s", "max_restarts": 7, "restart_delay": 4000,
      "exp_backoff_restart_delay": 100, "kill_timeout": 3500, "out_file": "logs/o.log",
      "time": true, "log_file": "/var/log/all.log", "stop_exit_codes": [0, 3],
      "increment_var": "PORT",
      "env": {"A": "x ; y", "PORT": 3000, "B": "50%", "K": "l1\nl2"}, "env_x": {"A": 1.5e3},
      "cron_restart": "0 3 * * *", "autorestart": false, "wait_ready": true, "watch": ["a"]},
      {"script": "cd a && b \u00e9\ud83d\ude00"}]}
    """#

  static let sources = ["Procfile": procfile, "/a/b.json": ecosystem]

  @Test(arguments: ["Procfile", "/a/b.json"], 0..<10 as Range<UInt64>)
  func whatComesOutLoads(_ path: String, _ batch: UInt64) {
    for seed in (batch * 200)..<(batch * 200 + 200) {
      var random = SplitMix64(seed: seed)
      var bytes = Array((Self.sources[path] ?? "").utf8)
      for _ in 0...Int(random.next() % 6) { Mutation.apply(to: &bytes, &random) }
      let options = Importer.Options(path: path, environment: "x")
      guard let loaded = try? Loaded(bytes, options, Array("PORT=1\n".utf8)) else { continue }
      #expect(loaded.errors == [], "seed \(seed)")
    }
  }

  /// Single letters are what damage seldom hits.
  @Test(arguments: 0..<10 as Range<UInt64>) func wordsComeBackAsTheyWere(_ batch: UInt64) throws {
    let letters = [
      "'", "\"", "\\", " ", ";", "#", "%", "\n", "$", "(", "=", "\t", "a", "é", "", ",",
    ]
    for seed in (batch * 100)..<(batch * 100 + 100) {
      var random = SplitMix64(seed: seed)
      let words = (0..<3).map { _ in
        (0..<Int(random.next() % 8)).map { _ in letters[Int(random.next() % 16)] }.joined()
      }
      let list = words.map(Self.json).joined(separator: ",")
      let environment = "{\"V\":\(Self.json(words[0]))}"
      let text = "{\"script\":\"x\",\"name\":\"x\",\"args\":[\(list)],\"env\":\(environment)}"
      let loaded = try Loaded(text, as: "e.json")
      #expect(loaded.errors == [])
      if let found = loaded.words("x") { #expect(found == ["x"] + words, "seed \(seed)") }
      if let found = loaded.environment("x"), !found.isEmpty {
        #expect(found == ["V=\(words[0])"], "seed \(seed)")
      }
      let isPlain = !words.joined().contains("\n")
      #expect(!isPlain || loaded.words("x") != nil)
    }
  }

  private static func json(_ word: String) -> String {
    var text = "\""
    for character in word {
      switch character {
      case "\"", "\\": text += "\\\(character)"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      default: text.append(character)
      }
    }
    return text + "\""
  }
}
