import Testing

@testable import ProgramSpec

/// What supervisorctl reads of a file: its own section, whatever else is wrong.
@Suite struct ClientReaderTests {
  private static func read(_ text: String) -> ConfigurationReader.ClientReading {
    var surroundings = Surroundings()
    surroundings.environment = ["HOME": "/home/me", "PORT": "9001"]
    surroundings.readFile = { path in
      path == "/etc/s.conf" ? .success(Array(text.utf8)) : .failure(.notFound)
    }
    return ConfigurationReader.readClient(path: "/etc/s.conf", in: surroundings)
  }

  @Test func theSectionIsRead() {
    let client = Self.read(
      """
      [supervisorctl]
      serverurl=http://h:%(ENV_PORT)s
      username=u
      password=a%%b
      prompt=p
      history_file=%(here)s/h
      """
    ).client
    #expect(client?.serverURL == "http://h:9001")
    #expect(client?.username == "u")
    #expect(client?.password == "a%b")
    #expect(client?.prompt == "p")
    #expect(client?.historyFile == "/etc/h")
  }

  @Test func whatIsWrongElsewhereDoesNotMatter() {
    let reading = Self.read(
      """
      [include]
      files=%(nope)s
      [supervisord]
      loglevel=loud
      [program:x y]
      numprocs=none
      [supervisorctl]
      """)
    #expect(reading.client?.serverURL == "http://localhost:9001")
    #expect(reading.diagnostics.isEmpty)
  }

  @Test(arguments: [
    ("[supervisord]\n", 0), ("", 0), ("[supervisorctl]\nprompt=%(x)s\n", 1),
    ("[supervisorctl]\njunk\n", 1), ("x=1\n", 1),
  ])
  func withoutTheSectionOrWithAMistakeInItThereIsNoClient(_ text: String, _ mistakes: Int) {
    let reading = Self.read(text)
    #expect(reading.client == nil)
    #expect(reading.diagnostics.count == mistakes)
  }
}
