import ProgramSpec
import Support
import Testing

@testable import Supervisorctl

/// Whatever is typed or written into a file, nothing traps, and what is accepted makes sense.
@Suite struct MutationTests {
  private static let urls = [
    "http://user:pw@[fe80::1%eth0]:9001/RPC2?x#y", "unix:///run/s.sock", "http://h:80",
  ]
  private static let lines = [
    "-c f --serverurl=http://h -u u -ir h -- tail -f g:p stderr", "tail -1600 a:b stdout",
    "signal USR1 g:* x:", "--history-file h --interactive status all",
  ]

  private static func damaged(_ texts: [String], _ random: inout SplitMix64) -> String {
    var bytes = Array(texts[Int(random.next() % UInt64(texts.count))].utf8)
    for _ in 0...(random.next() % 4) { Mutation.apply(to: &bytes, &random) }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: 1...50)
  func addresses(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<200 {
      let text = Self.damaged(Self.urls, &random)
      _ = ServerURL.looksLikeOne(text)
      switch ServerURL(text)?.place {
      case .network(let host, _): #expect(!host.isEmpty)
      case .local(let path): #expect("unix://\(path)" == text)
      case nil: break
      }
    }
  }

  @Test(arguments: 1...50)
  func linesAndFlags(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<200 {
      let text = Self.damaged(Self.lines, &random)
      let words = text.words
      #expect(words.allSatisfy { !$0.isEmpty })
      if case .success(let options) = CommandLineOptions.parse(words) {
        #expect(options.words.count <= words.count)
      }
      for word in words {
        let name = ProcessName(word)
        #expect(word.hasPrefix(name.group))
        #expect(word.pythonRepresentation.utf8.count >= word.utf8.count + 2)
      }
      if case .success(let request) = TailRequest.process(text) {
        #expect(words.contains(request.name ?? ""))
      }
    }
  }
}
