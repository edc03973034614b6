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
      process.execution.environment.dropFirst().map { "\($0.name)=\($0.value)" }
    }
    #expect(values == (0..<3).map { ["B=a!", "A=a\($0)", "C=a!"] })
  }

  @Test func aFaultIsToldOfEachSectionThatNamesTheFile() {
    let reading = EnvironmentTests.read(
      "[program:p]\ncommand=x\nenvironment_file=/no\n[program:q]\ncommand=x\nenvironment_file=/no\n"
    )
    #expect(reading.messages.map { String($0.prefix(5)) } == ["4:18:", "7:18:"])
  }

  @Test func allFilesTogetherHaveALimit() {
    let comment = "#" + String(repeating: "x", count: 1_000_000) + "\n"
    let files = (0..<5).map { ("/e\($0)", comment) }
    let sections = (0..<5).map { "[program:p\($0)]\ncommand=x\nenvironment_file=/e\($0)\n" }
    let reading = EnvironmentTests.read(sections.joined(), Dictionary(uniqueKeysWithValues: files))
    #expect(
      reading.messages == [
        "16:18: error: environment_file=/e4 in [program:p4]: the environment files of all sections "
          + "together are larger than 4 MB"
      ])
    let shared = (0..<20).map { "[program:p\($0)]\ncommand=x\nenvironment_file=/e\n" }
    #expect(EnvironmentTests.read(shared.joined(), ["/e": comment]).messages == [])
  }

  @Test func allProcessesTogetherHaveALimit() {
    let file = (0..<9_000).map { "V\($0)=\n" }.joined()
    func messages(_ count: Int) -> [String] {
      EnvironmentTests.read(
        "[program:p]\ncommand=x\nenvironment_file=/e\nnumprocs=\(count)\n"
          + "process_name=%(program_name)s_%(process_num)d\n", ["/e": file]
      ).messages
    }
    #expect(messages(22) == [])
    #expect(
      messages(23) == [
        "4:18: error: environment_file=/e in [program:p]: environment files give all processes "
          + "together more than 200000 variables"
      ])
  }
}
