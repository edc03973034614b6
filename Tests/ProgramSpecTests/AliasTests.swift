import ProgramSpec
import Testing

/// Keys that people know from elsewhere.
@Suite struct AliasTests {
  @Test(arguments: [
    ("depend=b", "depends_on=b"), ("depends=b", "depends_on=b"),
    ("restartPause=3", "restart_delay=3\nrestart_factor=1"),
    ("reloadsignal=USR2", "reload_signal=USR2"), ("restartsignal=USR2", "reload_signal=USR2"),
    ("envFiles=-/a.env", "environment_file=-/a.env"),
    ("env_file=-/a.env", "environment_file=-/a.env"),
    (
      "liveness_check_script=test -e /x\nliveness_check_period=5\nliveness_check_timeout=2\n"
        + "liveness_check_success_threshold=4\nliveness_check_failure_threshold=6\n"
        + "liveness_check_initial_delay=7",
      "health=exec:test -e /x\nhealth_interval=5\nhealth_timeout=2\nhealth_rise=4\n"
        + "health_fall=6\nhealth_grace=7"
    ),
  ])
  func meansWhatOurNameMeans(_ alias: String, _ own: String) {
    func read(_ keys: String) -> ConfigurationReader.Reading {
      Workbench.readUnits("[program:a]\n\(keys)\ncommand=x\n[program:b]\ncommand=y\n")
    }
    let reading = read(alias)
    #expect(reading.configuration != nil)
    #expect(reading.program("a") == read(own).program("a"))
    #expect(
      reading.configuration?.units[0].dependsOn == read(own).configuration?.units[0].dependsOn)
    for (line, text) in alias.split(separator: "\n").enumerated() {
      let key = text.prefix { $0 != "=" }.lowercased()
      let start = "\(line + 3):\(key.count + 2): warning: '\(key)' in [program:a] is read as "
      #expect(reading.messages.contains { $0.hasPrefix(start) }, "\(reading.messages)")
    }
  }

  /// A real supervisord.conf goes on meaning what it means.
  @Test func supervisordPassesOverThem() throws {
    let text = "[supervisord]\nchildlogdir=/tmp\n[program:a]\ncommand=x\ndepend=nobody\n"
    var bench = Workbench(["/c": text])
    bench.surroundings.calledAs = .supervisord
    let reading = ConfigurationReader.read(path: "/c", in: bench.surroundings)
    #expect(try #require(reading.configuration).units[0].dependsOn == nil)
    let sentence = "'depend' in [program:a] is passed over; write depends_on="
    #expect(reading.diagnostics.map { "\($0)" } == ["/c:5:8: warning: \(sentence)"])
  }

  @Test func besideOurNameTheyArePassedOver() {
    let reading = Workbench.readUnits(
      "[program:a]\ncommand=x\ndepend=c\ndepends_on=b\n[program:b]\ncommand=y\n")
    #expect(reading.configuration?.units.first?.dependsOn == ["b"])
    #expect(
      reading.messages == [
        "4:8: warning: 'depend' in [program:a] is passed over; write depends_on="
      ]
    )
  }

  @Test(arguments: [
    ("[program:a]\ncommand=x\ncron=* * * * *\n", "write a section [cron:x]"),
    ("[program:a]\ncommand=x\nrestart_when_binary_changed=true\n", "entrypoint restart NAME"),
    ("[program:a]\ncommand=x\npre_stop_hook=y\n", "stage=stop"),
    ("[program:a]\ncommand=x\nliveness_check_failure_action=restart\n", "write on_unhealthy="),
    ("[inet_http_server]\nport=9001\nremotes=x\n", "there is one supervisor"),
    ("[program-default]\nuser=x\n", "did you mean 'DEFAULT'?"),
  ])
  func whatMeansNothingHereSaysWhatToWrite(_ text: String, _ words: String) {
    let reading = Workbench.readUnits(text)
    #expect(reading.configuration != nil)
    #expect(reading.messages.count == 1)
    #expect(reading.messages.first?.contains(words) == true)
  }
}
