import Testing

@testable import ProgramSpec

/// Variables from files that a user other than root may change, in keys that decide whether and how
/// often a command runs.
@Suite struct UntrustedCountTests {
  /// Laravel's .env may say how many workers there are.
  @Test(arguments: ["environment_file=/www/.env", ""])
  func itDecidesWhetherAndHowOftenAProgramOfTheUserRuns(_ own: String) {
    let reading = UntrustedVariableTests.read(
      """
      \(own.isEmpty ? "environment_file=/www/.env" : "")
      [program:p]
      \(own)
      user=www-data
      command=x
      process_name=%(program_name)s_%(process_num)d
      numprocs=%(ENV_WORKERS)s
      autostart=%(ENV_START)s
      [program:q]
      \(own)
      user=www-data
      command=x
      enabled=%(ENV_ENABLED)s
      [hook:h]
      \(own)
      user=www-data
      command=x
      enabled=%(ENV_ENABLED)s
      """, ["/www/.env": "WORKERS=4\nSTART=false\nENABLED=no\n"])
    #expect(reading.messages == [])
    let program = reading.program("p")
    #expect(program?.processes.count == 4)
    #expect(program?.autostart == false)
    #expect(reading.configuration?.units.map(\.name) == ["p"])
  }

  @Test(arguments: [(128, true), (129, false)])
  func aUserHasALimitOfProcesses(_ count: Int, _ isPossible: Bool) {
    let reading = UntrustedVariableTests.read(
      "\(UntrustedVariableTests.program)user=www-data\nnumprocs=%(ENV_N)s\n"
        + "process_name=%(program_name)s_%(process_num)d\n", ["/www/.env": "N=\(count)\n"])
    let error =
      "6:10: error: numprocs=129 in [program:p]: a program has at most 128 processes if a user "
      + "other than root may change the number; write a lower number"
    #expect(reading.messages == (isPossible ? [] : [error]))
  }

  /// The list of files is not known before the processes are.
  @Test func aFileOfOneProcessDoesNotCountForTheirNumber() {
    let reading = UntrustedVariableTests.read(
      "[program:p]\ncommand=x\nuser=www-data\nnumprocs=%(ENV_N:-2)s\n"
        + "process_name=%(program_name)s_%(process_num)d\n"
        + "environment_file=/www/%(process_num)d\n",
      ["/www/0": "N=3\n", "/www/1": "N=4\n"])
    #expect(reading.messages == [])
    #expect(reading.program("p")?.processes.count == 2)
  }

  @Test(arguments: ["wait:w]\nurl=always:", "directory:w]\npath=/w", "template:w]\nsource=/s"])
  func itEnablesNoStepOfRoot(_ section: String) {
    let reading = UntrustedVariableTests.read(
      "environment_file=/www/.env\n[\(section)\nenabled=%(ENV_X)s\n", ["/www/.env": "X=no\n"])
    #expect(
      reading.messages.contains {
        $0.holds("enabled in [") && $0.holds("the variable X of /www/.env")
      })
  }
}
