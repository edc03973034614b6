import ProgramSpec
import Testing

/// How many real configurations deserve which advice: README's table is these numbers.
@Suite(.enabled(if: Corpus.isThere, "the corpus is not beside the checkout"))
struct AdviceCorpusTests {
  static let names: [[AdviceName]] = Corpus.rows.map { row in
    row.check().advice.compactMap(\.adviceName)
  }

  static let readme: String = {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(decoding: Corpus.contents("/\(package)/README.md") ?? [], as: UTF8.self)
  }()

  /// Each line of the table is `| name | what | of so many files |`.
  @Test(arguments: AdviceName.allCases) func readmeTellsHowManyFilesGetIt(_ name: AdviceName) throws
  {
    let lines = Self.readme.split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("| `\(name.rawValue)` |") })
    let cells = line.split(separator: "|").map { String($0).trimmed }
    let files = Self.names.count { $0.contains(name) }
    #expect(cells.last == "\(files)")
  }

  @Test func readmeTellsHowManyFilesThereAre() {
    let advised = Self.names.count { !$0.isEmpty }
    #expect(Self.readme.contains("\(Corpus.rows.count) real configurations"))
    #expect(Self.readme.contains("\(advised) get some"))
  }
}
