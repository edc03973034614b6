import Testing

@testable import ProgramSpec

/// What a user other than root can make PID 1 read and copy.
@Suite struct UntrustedLimitTests {
  @Test func filesOfUsersHaveALimitTogether() {
    let comment = "#" + String(repeating: "x", count: 1_000_000) + "\n"
    let files = (0..<5).map { ("/www/e\($0)", comment) }
    let sections = (0..<5).map { number in
      "[program:p\(number)]\ncommand=x\nenvironment_file=/www/e\(number)\n"
    }
    let reading = UntrustedVariableTests.read(
      sections.joined(), Dictionary(uniqueKeysWithValues: files))
    #expect(
      reading.messages == [
        "16:18: error: environment_file=/www/e4 in [program:p4]: environment files that users "
          + "other than root may change, and the values that refer to their variables, are larger "
          + "than 4 MiB together"
      ])
    let shared = (0..<20).map { "[program:p\($0)]\ncommand=x\nenvironment_file=/www/e0\n" }
    #expect(UntrustedVariableTests.read(shared.joined(), ["/www/e0": comment]).messages == [])
  }

  @Test(arguments: [
    "environment=A=\"%(ENV_X)s\"", "command=x %(ENV_X)s", "environment_file=/www/.env,/etc/x",
  ])
  func valuesOfUsersHaveALimitTogether(_ line: String) {
    let value = String(repeating: "x", count: 100_000)
    let command = line.hasPrefix("command") ? "" : "command=x\n"
    let programs = (0..<60).map { number in
      "[program:p\(number)]\nuser=www-data\n\(command)"
        + line.replacing("/etc/x", with: "/etc/x\(number)") + "\n"
    }
    var files = ["/www/.env": "X=\(value)\n"]
    for number in 0..<60 { files["/etc/x\(number)"] = "Y=$X\n" }
    let reading = UntrustedVariableTests.read(
      "environment_file=/www/.env\n" + programs.joined(), files)
    #expect(reading.messages.contains { $0.hasSuffix("are larger than 4 MiB together") })
  }

  /// Their values are copied as well, but only root decides how long they are.
  @Test func valuesOfRootHaveNoLimitTogether() {
    let value = String(repeating: "x", count: 100_000)
    let programs = (0..<60).map { "[program:p\($0)]\ncommand=x %(ENV_X)s\n" }
    let reading = UntrustedVariableTests.read(
      "environment_file=/etc/env\n" + programs.joined(), ["/etc/env": "X=\(value)\n"])
    #expect(reading.messages == [])
  }
}
