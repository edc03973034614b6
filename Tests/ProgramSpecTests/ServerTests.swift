import Testing

@testable import ProgramSpec

@Suite struct ServerTests {
  private static func read(
    _ keys: String, _ name: Surroundings.CalledAs = .entrypoint
  ) -> ConfigurationReader.Reading {
    let text = "[inet_http_server]\nport=9001\n\(keys)[supervisord]\n"
    var surroundings = Workbench(["/etc/e.conf": text], environment: ["NONE": ""]).surroundings
    surroundings.calledAs = name
    return ConfigurationReader.read(path: "/etc/e.conf", in: surroundings)
  }

  private static func server(
    _ keys: String, _ name: Surroundings.CalledAs = .entrypoint
  ) -> HTTPServer? {
    read(keys, name).configuration?.servers.first
  }

  @Test(arguments: [Surroundings.CalledAs.entrypoint, .supervisord])
  func bothKeysOrNone(_ name: Surroundings.CalledAs) {
    #expect(Self.server("", name)?.authentication == HTTPServer.Authentication.none)
    #expect(
      Self.server("username=a\npassword=b\n", name)?.authentication
        == .basic(username: "a", password: "b"))
    for keys in ["username=a\n", "password=b\n"] {
      let reading = Self.read(keys, name)
      #expect(reading.configuration == nil)
      #expect(reading.messages.first?.contains("contains incomplete authentication") == true)
      #expect(reading.messages.first?.hasPrefix("3:10: error: ") == true)
    }
  }

  @Test func thePasswordIsNotShown() {
    let rows = Self.read("username=a\npassword=b\n").resolved.rows
    #expect(rows.filter { $0.key == "password" }.map(\.value) == ["***"])
  }

  @Test(arguments: [
    ("username=\npassword=b\n", "3:1"), ("username=a\npassword=\n", "4:1"),
    ("username=a\npassword=%(ENV_NONE)s\n", "4:10"),
  ])
  func emptyValuesAreAnErrorUnderOurOwnName(_ keys: String, _ place: String) {
    let reading = Self.read(keys)
    #expect(reading.configuration == nil)
    #expect(reading.messages.first?.hasPrefix("\(place): error: ") == true)
    #expect(reading.messages.first?.contains("remove both") == true)
  }

  @Test func emptyValuesAreAsInSupervisordUnderItsName() {
    #expect(
      Self.server("username=\npassword=b\n", .supervisord)?.authentication
        == HTTPServer.Authentication.none)
    #expect(
      Self.server("username=a\npassword=\n", .supervisord)?.authentication
        == .basic(username: "a", password: ""))
  }

  @Test func hostsAreNamesOnly() {
    let hosts = Self.server("allowed_hosts=App, x_1.example\n")?.allowedHosts
    #expect(hosts == ["app", "x_1.example"])
    for value in ["http://app", "app:9001", "app/", "a*", String(repeating: "a", count: 5000)] {
      #expect(Self.read("allowed_hosts=\(value)\n").configuration == nil)
    }
  }
}
