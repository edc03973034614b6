import Testing
import XMLRPC

@testable import Supervisorctl

@Suite struct ActionTests {
  @Test func everyActionHasAHelpText() {
    for action in Action.allCases {
      #expect(action.help.hasPrefix(action.rawValue))
      #expect(action.help.hasSuffix("\n"))
    }
  }

  @Test func theListIsInFourRows() {
    let lines = Action.list.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.map(String.init) == [
        "", "default commands (type help <topic>):", "=====================================",
        "add    exit      open  reload  restart   start   tail   ",
        "avail  fg        pid   remove  shutdown  status  update ",
        "clear  maintail  quit  reread  signal    stop    version", "", "",
      ])
  }

  @Test(
    arguments: [
      ("cat", "cat", "cat"), ("g:p", "g", "p"), ("g:*", "g", nil), ("g:", "g", nil),
      ("a:b:c", "a", "b:c"), (":", "", nil), ("*", "*", "*"), ("", "", ""),
    ] as [(String, String, String?)])
  func namesAreOfProcessesOrGroups(_ text: String, _ group: String, _ process: String?) {
    let name = ProcessName(text)
    #expect(name.group == group)
    #expect(name.process == process)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    var action: Action
    var status: Int
    var line: String?
    var code: Int32?
    var testDescription: String { "\(action.rawValue) \(status)" }

    init(_ action: Action, _ status: Int, _ line: String?, _ code: Int32? = nil) {
      (self.action, self.status, self.line, self.code) = (action, status, line, code)
    }
  }

  @Test(arguments: [
    Row(.start, 80, "g:p: started"), Row(.stop, 80, "g:p: stopped"),
    Row(.signal, 80, "g:p: signalled"), Row(.clear, 80, "g:p: cleared"),
    Row(.start, 60, "g:p: ERROR (already started)"), Row(.stop, 70, "g:p: ERROR (not running)"),
    Row(.signal, 70, "g:p: ERROR (not running)", 7), Row(.start, 50, "g:p: ERROR (spawn error)", 7),
    Row(.start, 40, "g:p: ERROR (abnormal termination)", 7),
    Row(.start, 20, "g:p: ERROR (no such file)", 1),
    Row(.start, 21, "g:p: ERROR (file is not executable)", 1),
    Row(.stop, 10, "g:p: ERROR (no such process)", 1),
    Row(.signal, 11, "g:p: ERROR (bad signal name)", 1), Row(.stop, 30, "why", 1),
    Row(.clear, 30, "g:p: ERROR (failed)", 1), Row(.start, 30, nil), Row(.clear, 70, nil),
    Row(.start, 99, nil),
  ])
  func resultsHaveALineAndACode(_ row: Row) {
    let result = ProcessResult(ProcessName("g:p"), status: row.status, description: "why")
    let outcome = result.outcome(of: row.action)
    #expect(outcome?.line == row.line)
    #expect(outcome?.code == row.code)
  }

  @Test(arguments: [
    ("cat", "cat stdout 1600"), ("-5 cat", "cat stdout 5"), ("-0 cat stderr", "cat stderr 0"),
    ("--5 cat", "cat stdout -5"), ("-f cat STDERR", "cat stderr f"),
    ("", "Error: too few arguments+"), ("a b c d", "Error: too many arguments+"),
    ("-f", "Error: tail requires process name"), ("-x cat", "Error: bad argument -x"),
    ("-99999999999 cat", "Error: bad argument -99999999999"),
    ("cat stdout x", "Error: bad channel 'x'"), ("-x cat x", "Error: bad channel 'x'"),
  ])
  func tailIsReadAsSupervisorctlReadsIt(_ words: String, _ meaning: String) {
    #expect(Self.describe(TailRequest.process(words)) == meaning)
  }

  @Test(arguments: [
    ("", "main stdout 1600"), ("-f", "main stdout f"), ("-7", "main stdout 7"),
    ("7", "Error: bad argument 7"), ("-x", "Error: bad argument -x"),
    ("1 2", "Error: too many arguments+"),
  ])
  func maintailTakesOneWord(_ words: String, _ meaning: String) {
    #expect(Self.describe(TailRequest.main(words)) == meaning)
  }

  private static func describe(_ result: Result<TailRequest, TailRequest.Mistake>) -> String {
    switch result {
    case .failure(let mistake): return mistake.message + (mistake.wantsHelp ? "+" : "")
    case .success(let request):
      var amount = "f"
      if case .bytes(let count) = request.amount { amount = "\(count)" }
      return "\(request.name ?? "main") \(request.channel) \(amount)"
    }
  }
}

@Suite struct CompletionTests {
  private static func process(_ group: String, _ name: String) throws -> ProcessInfo {
    try ProcessInfo(.structure([.init("group", .string(group)), .init("name", .string(name))]))
  }

  private static func processes() throws -> [ProcessInfo] {
    [try process("cat", "cat"), try process("many", "m0"), try process("many", "m1")]
  }

  @Test(arguments: [
    ("", Completion.Kind.actions), ("st", .actions), ("  st", .actions), ("start ", .processes),
    ("start a", .processes), ("help s", .actions), ("add ", .groups), ("signal HUP ", .processes),
    ("foo ", .nothing), ("reread x", .nothing),
  ])
  func whatCanFollowDependsOnTheAction(_ text: String, _ kind: Completion.Kind) {
    #expect(Completion.kind(text) == kind)
  }

  @Test(arguments: [
    ("", ["cat ", "many:* ", "many:m0 ", "many:m1 "]), ("c", ["cat "]),
    ("cat:", ["cat:* ", "cat:cat "]), ("many:m", ["many:m0 ", "many:m1 "]), ("x", []),
  ])
  func processesAreOfferedByTheirNames(_ word: String, _ names: [String]) throws {
    #expect(Completion.processes(word, try Self.processes()) == names)
  }

  @Test func groupsAreOfferedOnce() throws {
    #expect(Completion.groups("", try Self.processes()) == ["cat ", "many "])
    #expect(Completion.groups("m", try Self.processes()) == ["many "])
  }

  @Test(arguments: [
    ([], ""), (["start "], "start "), (["start ", "status ", "stop "], "st"), (["a ", "b "], ""),
  ])
  func tabGoesAsFarAsAllAgree(_ candidates: [String], _ prefix: String) {
    #expect(Completion.commonPrefix(candidates) == prefix)
  }

  @Test func choicesStandColumnByColumn() {
    #expect(
      Completion.list(["d ", "a ", "c ", "b ", "e "], columns: 13) == "a   c   e   \nb   d   \n")
    #expect(Completion.list(["long name "], columns: 4) == "long name   \n")
  }
}
