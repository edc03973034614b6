import Glibc
import ProgramSpec
import Testing

/// The advice that each configuration of the corpus gets.
@Suite struct AdviceCorpusTests {
  @Test(arguments: Corpus.rows) func eachFileGetsItsAdvice(_ row: Corpus.Row) {
    guard let expected = row.advice else { return }
    let names = Set(row.check().advice.compactMap(\.adviceName).map(\.rawValue))
    #expect(names.sorted() == expected)
  }

  @Test(arguments: AdviceName.allCases) func readmeExplainsIt(_ name: AdviceName) {
    #expect(Readme.text.contains("\n| `\(name.rawValue)` | "))
  }
}

/// How many configurations of public images get which advice: the numbers in README's table. Those
/// files carry no licence that allows to redistribute them; `$ENTRYPOINT_CORPUS` names them.
@Suite(.enabled(if: Corpus.isExternal, "ENTRYPOINT_CORPUS does not name the measured files"))
struct AdviceCountTests {
  static let names: [[AdviceName]] = Corpus.rows.map { row in
    row.check().advice.compactMap(\.adviceName)
  }

  /// Each line of the table is `| name | what | of so many files |`.
  @Test(arguments: AdviceName.allCases) func readmeTellsHowManyFilesGetIt(_ name: AdviceName) throws
  {
    let lines = Readme.text.split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("| `\(name.rawValue)` |") })
    let cells = line.split(separator: "|").map { String($0).trimmed }
    let files = Self.names.count { $0.contains(name) }
    #expect(cells.last == "\(files)")
  }

  @Test func readmeTellsHowManyFilesThereAre() {
    let advised = Self.names.count { !$0.isEmpty }
    #expect(Readme.text.contains("\(Corpus.rows.count) real configurations"))
    #expect(Readme.text.contains("\(advised) get some"))
  }
}

private enum Readme {
  static let text: String = {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: Corpus.contents("/\(package)/README.md") ?? [], as: UTF8.self)
  }()
}
