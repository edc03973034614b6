import Support
import Testing

@testable import ProgramSpec

/// Environment files, as Docker Compose reads them.
@Suite struct DotenvTests {
  static let scope = ExpansionScope(environment: ["OUTER": "outer", "EMPTY": "", "A": "inherited"])

  struct Row: CustomTestStringConvertible, Sendable {
    var text: String
    var expected: [String]
    var testDescription: String { text.replacing("\n", with: "⏎") }

    init(_ text: String, _ expected: String...) {
      self.text = text
      self.expected = expected
    }
  }

  static func read(_ text: String) -> (pairs: [String], problems: [String]) {
    let outcome = DotenvParser.parse(Array(text.utf8), scope)
    let (variables, problems) = (outcome.variables, outcome.problems)
    return (
      variables.map { "\($0.name)=\($0.value)" },
      problems.map { "\($0.line):\($0.column)\($0.isWarning ? "?" : ":") \($0.reason)" }
    )
  }

  @Test(arguments: [
    // The examples of Docker's page.
    Row("VAR=VAL", "VAR=VAL"), Row("VAR=\"VAL\"", "VAR=VAL"), Row("VAR='VAL'", "VAR=VAL"),
    Row("VAR: VAL", "VAR=VAL"), Row("VAR=  VAL  ", "VAR=VAL"),
    Row("VAR=VAL # comment", "VAR=VAL"), Row("VAR=VAL# no comment", "VAR=VAL# no comment"),
    Row("VAR=\"VAL # no comment\"", "VAR=VAL # no comment"), Row("VAR=\"VAL\" # c", "VAR=VAL"),
    Row("VAR='$OUTER'", "VAR=$OUTER"), Row("VAR='${OUTER}'", "VAR=${OUTER}"),
    Row("VAR='Let\\'s go!'", "VAR=Let's go!"),
    Row("VAR=\"{\\\"hello\\\": \\\"json\\\"}\"", "VAR={\"hello\": \"json\"}"),
    Row("VAR=\"some\\tvalue\"", "VAR=some\tvalue"), Row("VAR='some\\tvalue'", "VAR=some\\tvalue"),
    Row("VAR=some\\tvalue", "VAR=some\\tvalue"),
    Row("KEY='SOME\nVALUE'\nB=1", "KEY=SOME\nVALUE", "B=1"),
    // Its parser's.
    Row("FOO =bar", "FOO=bar"), Row("FOO= bar", "FOO=bar"), Row("FOO=foobar=", "FOO=foobar="),
    Row("OPTION: Foo=bar", "OPTION=Foo=bar"), Row("OPTION=1:B", "OPTION=1:B"),
    Row("export X=2", "X=2"), Row("\texport\tX=2", "X=2"), Row("exportFOO=2", "exportFOO=2"),
    Row("export.FOO=2", "export.FOO=2"), Row("FOO.BAR=x", "FOO.BAR=x"), Row("F-O[0]=x", "F-O[0]=x"),
    Row("FOO=\"'d'\"", "FOO='d'"), Row("FOO=\"a\\nb\"", "FOO=a\nb"),
    Row("FOO=\"a\nb\"", "FOO=a\nb"),
    Row("FOO=\"a\\\\nb\"", "FOO=a\\nb"), Row("FOO=\"\\d\\'\"", "FOO=\\d\\'"),
    Row("FOO='a\\\\b\\n'", "FOO=a\\\\b\\n"), Row("FOO=\"bar#baz\" # c", "FOO=bar#baz"),
    Row("FOO=", "FOO="), Row("FOO=\"\"", "FOO="), Row("FOO=''", "FOO="), Row("FOO= # c", "FOO="),
    Row("FOO=#c", "FOO=#c"), Row("A=a \"b\" c", "A=a \"b\" c"), Row("A=1\nA=2", "A=2"),
    Row("# c\n\n  # d\nA=1\n", "A=1"), Row("A=1\r\nB='x\r\ny'\r\n", "A=1", "B=x\ny"),
    Row("\u{FEFF}A=1", "A=1"), Row("OUTER\nA=1", "A=1"), Row("A=é€🙂", "A=é€🙂"), Row(""),
    // References: the lines above, then the environment.
    Row("B=$OUTER", "B=outer"), Row("B=${OUTER}x", "B=outerx"), Row("B=\"q $OUTER\"", "B=q outer"),
    Row("A=1\nB=$A", "A=1", "B=1"), Row("B=$A", "B=inherited"), Row("A=${A}:x", "A=inherited:x"),
    Row("B=a$$b", "B=a$b"), Row("B=a\\$OUTER", "B=a$OUTER"),
    Row("B=\"a\\${OUTER}\"", "B=a${OUTER}"),
    Row("B=$2y$1", "B=$2y$1"), Row("B=a$", "B=a$"), Row("B=$OUTER-x", "B=outer-x"),
    Row("B=${NO:-d}", "B=d"), Row("B=${NO-d}", "B=d"), Row("B=${EMPTY:-d}", "B=d"),
    Row("B=${EMPTY-d}", "B="), Row("B=${OUTER:-d}", "B=outer"), Row("B=${OUTER:+r}", "B=r"),
    Row("B=${EMPTY:+r}", "B="), Row("B=${EMPTY+r}", "B=r"), Row("B=${NO+r}", "B="),
    Row("B=${OUTER:?m}", "B=outer"), Row("B=${EMPTY?m}", "B="), Row("B=${NO:-}", "B="),
    Row("B=${NO:-a ${NONE:-b $OUTER} c}", "B=a b outer c"), Row("B=${NO:-{a}}", "B={a}"),
    Row("B=${OUTER:-${NO:?never}}", "B=outer"), Row("B=${OUTER:-$NO}", "B=outer"),
    Row("B=\"${NO:-x\ny}\"", "B=x\ny"), Row("B=${NO:-\"x\"}", "B=\"x\""),
  ])
  func isReadAsComposeReadsIt(_ row: Row) {
    let (pairs, problems) = DotenvTests.read(row.text)
    #expect(pairs == row.expected)
    #expect(problems == [])
  }

  @Test(arguments: [
    Row("A=1\n  =x\nB=2", "2:3: this is no NAME=value; write # before a comment"),
    Row("A B", "1:3: after A comes neither = nor the line's end"),
    Row("some text", "1:6: after some comes neither = nor the line's end"),
    Row("A=1\nB=\"x\nC=2", "2:3: this quotation is never closed"),
    Row("B='x\nC=2", "1:3: this quotation is never closed"),
    Row(
      "A=\"x\" y\nB='a'b",
      "1:7: text follows the closing quotation mark; write \\ before one inside the value",
      "2:6: text follows the closing quotation mark; write \\ before one inside the value"),
    Row("B=x ${NO:?tell me}", "1:5: NO is not set: tell me"),
    Row("B=${EMPTY:?}", "1:3: EMPTY is not set"), Row("B=${NO?m}", "1:3: NO is not set: m"),
    Row("B=${OUTER", "1:3: ${ without }; write $$ for a literal $"),
    Row("B=${OUTER:-x", "1:3: ${ without }; write $$ for a literal $"),
    Row("B=\"${OUTER:-x\"y}", "1:4: ${ without }; write $$ for a literal $"),
    Row("B=${}", "1:3: there is no name in ${…}; write $$ for a literal $"),
    Row("B=${1}", "1:3: there is no name in ${…}; write $$ for a literal $"),
    Row(
      "B=${OUTER/a/b}",
      "1:3: write ${OUTER}, ${OUTER:-default}, ${OUTER:?message} or ${OUTER:+value}"),
    Row("B=a\0b", "1:1: the value of B is not UTF-8 text"),
    Row("\nB= $NO", "2:4? NO is not set and counts as empty; write ${NO:-} where it may be"),
    Row("B=${NO}", "1:3? NO is not set and counts as empty; write ${NO:-} where it may be"),
  ])
  func whatIsWrongIsToldWithItsPlace(_ row: Row) {
    #expect(DotenvTests.read(row.text).problems == row.expected)
  }

  @Test func faultyLinesDoNotHideTheOthers() {
    let (pairs, problems) = DotenvTests.read("A=1\nB B\nC=${\nD=4\n")
    #expect(pairs == ["A=1", "D=4"])
    #expect(problems.count == 2)
  }

  @Test func whatIsNotUTF8IsRefused() {
    let outcome = DotenvParser.parse([65, 61, 0xFF], DotenvTests.scope)
    let (variables, problems) = (outcome.variables, outcome.problems)
    #expect(variables == [])
    #expect(problems.map(\.reason) == ["the value of A is not UTF-8 text"])
  }

  @Test func linesThatDoubleEachOtherHaveAnEnd() {
    var text = "A0=xxxxxxxxxxxxxxxx\n"
    for number in 1...64 { text += "A\(number)=${A\(number - 1)}${A\(number - 1)}\n" }
    let outcome = DotenvParser.parse(Array(text.utf8), DotenvTests.scope)
    let (variables, problems) = (outcome.variables, outcome.problems)
    #expect(variables.allSatisfy { $0.value.utf8.count <= DotenvParser.longestValue })
    #expect(problems.first?.reason == "the value is longer than 127 KiB")
  }

  @Test func manyReferencesToALongValueHaveAnEnd() {
    let text =
      "A=" + String(repeating: "x", count: 60_000) + "\n"
      + (0..<1000).map { "B\($0)=$A\n" }.joined()
    let (pairs, problems) = DotenvTests.read(text)
    #expect(pairs.reduce(0) { $0 + $1.utf8.count } <= 2 << 20 + 1000)
    #expect(problems == ["35:1: the values of this file are longer than 2 MiB together"])
  }

  @Test func referencesInEachOtherHaveAnEnd() {
    let text = "B=" + String(repeating: "${NO:-", count: 100_000)
    #expect(
      DotenvTests.read(text).problems == ["1:99: more than 16 references stand in each other"])
  }

  /// PID 1 reads them too, and a megabyte must not keep it from its programs.
  @Test func filesOfNothingElseHaveAnEnd() {
    let (pairs, problems) = DotenvTests.read("A=" + String(repeating: "$NO", count: 300_000))
    #expect(pairs == [])
    #expect(problems.count == DotenvParser.mostProblems + 1)
    #expect(problems.last == "1:\(3 * 32_768 + 3): \(DotenvTests.tooManyReferences)")
    let (short, warnings) = DotenvTests.read("A=" + String(repeating: "$NO", count: 30_000))
    #expect(short == ["A="])
    #expect(warnings.count == DotenvParser.mostProblems)
    let lines = (0..<20_000).map { "B\($0)=" }.joined(separator: "\n")
    let (variables, tooMany) = DotenvTests.read(
      "A=" + String(repeating: "$NO", count: 200) + "\n" + lines)
    #expect(variables.count == DotenvParser.mostVariables)
    #expect(tooMany.last == "10001:1: there are more than 10000 variables")
    let again = DotenvTests.read(String(repeating: "A=\n", count: 20_000))
    #expect(again.problems == ["10001:1: there are more than 10000 variables"])
  }

  private static let tooManyReferences =
    "the references of this file stand for more than 2 MiB together; "
    + "each counts as 64 bytes or more"

  /// What is left out after all takes time as well.
  @Test(arguments: [
    "A=${NO:+$C}", "A=${C:+}", "A=${C:?}$C", "A=$C${C}$C", "A=${NO:?$C}", "A=${C:-$C}",
  ])
  func valuesThatAreNotAssignedCountToo(_ line: String) {
    let long = "C=" + String(repeating: "x", count: 100_000) + "\n"
    let (_, problems) = DotenvTests.read(long + String(repeating: "\(line)\n", count: 9_000))
    #expect(problems.count <= 22)
    #expect(problems.last?.holds("2 MiB together") == true, "\(problems)")
  }

  @Test func placesOfManyProblemsAreRight() {
    let (_, problems) = DotenvTests.read("A=$X\n\nB=\"\n$Y\" z\nC=1\n= \n")
    #expect(problems.map { String($0.prefix { $0 != " " }) } == ["1:3?", "4:1?", "4:5:", "6:1:"])
  }

  @Test func damageHarmsNobody() {
    var random = SplitMix64(seed: 7)
    let text = """
      # comment
      export A="x ${B:-$C} \\"y\\" \\n" # c
      B='it\\'s'
      C=${A:?m}$$ ${D:+e}
      """
    for _ in 0..<20_000 {
      var bytes = Array(text.utf8)
      for _ in 0...random.next() % 4 { Mutation.apply(to: &bytes, &random) }
      let outcome = DotenvParser.parse(bytes, DotenvTests.scope)
      let (variables, problems) = (outcome.variables, outcome.problems)
      #expect(variables.allSatisfy { !$0.name.isEmpty && !$0.value.utf8.contains(0) })
      #expect(problems.allSatisfy { $0.line > 0 && $0.column > 0 })
    }
  }
}
