import Testing

@testable import ProgramSpec

/// Environment files that many sections and processes name.
@Suite struct EnvironmentFilesTests {
  @Test func eachProcessBeginsWithTheSameVariables() {
    let reading = EnvironmentTests.read(
      """
      environment=A="a"
      [program:p]
      command=x
      numprocs=3
      process_name=%(program_name)s_%(process_num)d
      environment_file=/e
      environment=A="%(ENV_A)s%(process_num)d",C="%(ENV_B)s"
      [program:q]
      command=x
      environment_file=/e
      """, ["/e": "B=${A}!\n"])
    #expect(reading.messages == [])
    let values = reading.program("p")?.processes.map { process in
      Array(process.execution.environment.entries.dropFirst())
    }
    #expect(values == (0..<3).map { ["B=a!", "A=a\($0)", "C=a!"] })
  }

  @Test func aFaultIsToldOfEachSectionThatNamesTheFile() {
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x\nenvironment_file=/no\n[program:q]\ncommand=x\nenvironment_file=/no\n"
    )
    #expect(reading.messages.map { String($0.prefix(5)) } == ["4:18:", "7:18:"])
  }

  @Test func theProcessesShareTheVariablesOfTheirFiles() {
    let reading = EnvironmentTests.read(
      """
      environment_file=/e
      [program:p]
      command=x
      numprocs=2
      process_name=%(program_name)s_%(process_num)d
      environment_file=/f
      environment=A="%(process_num)d"
      [program:q]
      command=x
      environment_file=/f
      """, ["/e": "B=1\n", "/f": "C=1\n"])
    let environments = ["p", "q"].flatMap { name in
      reading.program(name)?.processes.map(\.execution.environment) ?? []
    }
    #expect(environments.count == 3)
    #expect(Set(environments.map { ObjectIdentifier($0.files) }).count == 1)
    #expect(Set(environments.map { ObjectIdentifier($0.common) }).count == 1)
  }

  @Test(arguments: [
    ("A=1\n", true), ("A=2\n", false), ("A=1\nB=\n", false), ("", false), ("# A\nA='1'", true),
  ])
  func aSetIsTheSameWithTheSameVariables(_ text: String, _ isSame: Bool) {
    func files(_ text: String) -> VariableSet? {
      EnvironmentTests.read("[program:p]\ncommand=x\nenvironment_file=/e\n", ["/e": text])
        .program("p")?.processes.first?.execution.environment.files
    }
    #expect((files(text) == files("A=1\n")) == isSame)
  }

  @Test func filesOfRootHaveNoLimitTogether() {
    let comment = "#" + String(repeating: "x", count: 1_000_000) + "\n"
    let files = (0..<9).map { ("/e\($0)", comment) }
    let sections = (0..<9).map { "[program:p\($0)]\ncommand=x\nenvironment_file=/e\($0)\n" }
    let reading = EnvironmentTests.read(sections.joined(), Dictionary(uniqueKeysWithValues: files))
    #expect(reading.messages == [])
  }

  @Test func soManyProcessesMayHaveSoManyVariables() {
    let file = (0..<150).map { "V\($0)=\n" }.joined()
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x\nenvironment_file=/e\nnumprocs=1400\n"
        + "process_name=%(program_name)s_%(process_num)d\n", ["/e": file])
    #expect(reading.messages == [])
    #expect(reading.program("p")?.processes.count == 1400)
  }
}
