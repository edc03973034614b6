import EventsProtocol
import Support
import Testing

@testable import Events

@Suite struct ListenerTests {
  typealias Step = ListenerMachine.Step

  /// What it does with a text that comes in these pieces, and where it then stands.
  private func run(_ state: ListenerState, _ pieces: [ArraySlice<UInt8>]) -> ([Step], ListenerState)
  {
    var machine = ListenerMachine(state)
    var steps: [Step] = []
    for piece in pieces { machine.take(piece, into: &steps) }
    return (steps, machine.state)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var from: ListenerState
    var output: String
    var steps: [Step]
    var to: ListenerState
  }

  @Test(arguments: [
    Row(
      testDescription: "ready", from: .acknowledged, output: "READY\n", steps: [.becameReady],
      to: .ready),
    Row(
      testDescription: "too little to tell", from: .acknowledged, output: "hello", steps: [],
      to: .acknowledged),
    Row(
      testDescription: "anything else", from: .acknowledged, output: "hello\n",
      steps: [.violated(from: .acknowledged)], to: .unknown),
    Row(
      testDescription: "READY with a carriage return", from: .acknowledged, output: "READY\r\n",
      steps: [.violated(from: .acknowledged)], to: .unknown),
    Row(
      testDescription: "output while ready", from: .ready, output: "x",
      steps: [.violated(from: .ready)], to: .unknown),
    Row(
      testDescription: "READY twice", from: .acknowledged, output: "READY\nREADY\n",
      steps: [.becameReady, .violated(from: .ready)], to: .unknown),
    Row(
      testDescription: "accepted", from: .busy, output: "RESULT 2\nOK",
      steps: [.answered(Array("OK".utf8))],
      to: .acknowledged),
    Row(
      testDescription: "rejected", from: .busy, output: "RESULT 4\nFAIL",
      steps: [.answered(Array("FAI".utf8))],
      to: .acknowledged),
    Row(
      testDescription: "and ready again", from: .busy, output: "RESULT 2\nOKREADY\n",
      steps: [.answered(Array("OK".utf8)), .becameReady], to: .ready),
    Row(
      testDescription: "another word of seven letters", from: .busy, output: "ANSWER:2\nOK",
      steps: [.answered(Array("OK".utf8))], to: .acknowledged),
    Row(
      testDescription: "an empty result", from: .busy, output: "RESULT 0\n", steps: [.answered([])],
      to: .acknowledged),
    Row(
      testDescription: "a newline in the result", from: .busy, output: "RESULT 3\nOK\n",
      steps: [.answered(Array("OK\n".utf8))], to: .acknowledged),
    Row(
      testDescription: "a newline after the result", from: .busy, output: "RESULT 2\nOK\nREADY\n",
      steps: [.answered(Array("OK".utf8)), .violated(from: .acknowledged)], to: .unknown),
    Row(
      testDescription: "no number", from: .busy, output: "RESULT x\nOK",
      steps: [.badResult(line: Array("RESULT x".utf8))], to: .unknown),
    Row(
      testDescription: "no result", from: .busy, output: "READY\n",
      steps: [.badResult(line: Array("READY".utf8))], to: .unknown),
    Row(
      testDescription: "a result that has not come", from: .busy, output: "RESULT 5\nOK", steps: [],
      to: .busy),
    Row(testDescription: "whatever", from: .unknown, output: "READY\n", steps: [], to: .unknown),
  ])
  func itIsReadWhereverItIsCut(_ row: Row) {
    let bytes = Array(row.output.utf8)
    for place in 0...bytes.count {
      let (steps, state) = run(row.from, [bytes[..<place], bytes[place...]])
      #expect(steps == row.steps)
      #expect(state == row.to)
    }
    let (steps, state) = run(row.from, bytes.indices.map { bytes[$0...$0] })
    #expect(steps == row.steps)
    #expect(state == row.to)
  }

  @Test(
    arguments: [
      ("RESULT 2", 2), ("RESULT  2 \r", 2), ("RESULT +2", 2), ("RESULT 1_0", 10), ("RESULT 007", 7),
      ("RESULT -2", nil), ("RESULT 1__0", nil), ("RESULT _1", nil), ("RESULT 1.5", nil),
      ("RESULT 0x2", nil), ("RESULT ", nil), ("RESULT", nil), ("RESULT 2 3", nil),
      ("RESULT 99999999999999999999", nil), ("RESULT ++2", nil),
    ] as [(String, Int?)])
  func aLengthIsWhatPythonReads(_ line: String, _ length: Int?) {
    #expect(ListenerMachine.length(Array(line.utf8)) == length)
  }

  @Test func aLineWithoutAnEndIsNotKeptForEver() {
    let bytes = [UInt8](repeating: 65, count: ListenerMachine.longestLine + 1)
    #expect(run(.busy, [bytes[...]]).1 == .unknown)
  }

  /// Whether a line is too long does not depend on when its end arrives.
  @Test func aLineThatIsTooLongIsNoResultInOnePieceEither() {
    let blanks = [UInt8](repeating: 32, count: ListenerMachine.longestLine)
    let line = Array("RESULT ".utf8) + blanks + Array("2\nOK".utf8)
    let whole = run(.busy, [line[...]])
    let pieces = run(.busy, [line.dropLast(3), line.suffix(3)])
    #expect(whole.0 == pieces.0 && whole.1 == pieces.1)
    #expect(whole.1 == .unknown)
  }

  @Test func aLongResultTakesNoRoom() {
    var pieces = [Array("RESULT 9000000000000000000\n".utf8)[...]]
    for _ in 0..<100 { pieces.append([UInt8](repeating: 79, count: 10_000)[...]) }
    #expect(run(.busy, pieces).1 == .busy)
  }

  /// Whatever a listener writes, and however it is cut: the same, and nothing traps.
  @Test func damagedAnswersAreReadTheSameHoweverTheyAreCut() {
    let texts = ["READY\nRESULT 2\nOK", "RESULT 4\nFAILREADY\n", "RESULT 2\nOKREADY\nRESULT x\n"]
    let states: [ListenerState] = [.ready, .busy, .acknowledged, .unknown]
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = Array(texts[Int(seed % 3)].utf8)
      for _ in 0..<(random.next() % 3) { Mutation.apply(to: &bytes, &random) }
      let state = states[Int(random.next() % 4)]
      let whole = run(state, [bytes[...]])
      let single = run(state, bytes.indices.map { bytes[$0...$0] })
      #expect(whole == single, "seed \(seed)")
    }
  }
}
