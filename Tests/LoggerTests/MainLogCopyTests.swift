import Linux
import LoggerProtocol
import Testing

@testable import Logger

@Suite struct MainLogCopyTests {
  private func copy(
    _ chunks: [[UInt8]], name: String = "cat",
    _ change: (inout StreamDescription) -> Void = { _ in }
  ) -> String {
    var description = StreamDescription(label: "g:cat")
    description.processName = name
    description.copies = [.descriptor(1)]
    change(&description)
    var pipeline = StreamPipeline(description, width: 0, isColoured: false)
    var product = StreamPipeline.Product()
    for chunk in chunks { pipeline.take(chunk[...], into: &product) }
    pipeline.finish(into: &product)
    let stamp = "2026-11-21 01:25:38,196".utf8.count
    return String(decoding: product.copy, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map { $0.contains(" DEBG ") ? String($0.dropFirst(stamp)) : String($0) }
      .joined(separator: "\n")
  }

  @Test func eachReadIsCopiedBelowALineOfItsOwn() {
    #expect(
      copy([Array("one\ntwo\n".utf8), Array("three".utf8)])
        == " DEBG 'cat' stdout output:\none\ntwo\n\n DEBG 'cat' stdout output:\nthree\n")
  }

  @Test func theChannelAndTheNameAreThoseOfPython() {
    #expect(
      copy([[65]], name: "it's") { $0.isError = true } == " DEBG \"it's\" stderr output:\nA\n")
    #expect(copy([[65]], name: "öä") == " DEBG 'öä' stdout output:\nA\n")
  }

  @Test func bytesThatAreNotUTF8AreShownAsPythonShowsThem() {
    #expect(copy([[0x88, 10]]) == " DEBG 'cat' stdout output:\nUndecodable: b'\\x88\\n'\n")
  }

  @Test func capturedOutputIsCopiedTooAndItsEventIsReported() {
    let text = "\(CaptureTests.begin)in\(CaptureTests.end)"
    #expect(
      copy([Array(text.utf8)]) { $0.captureMaximum = 10 }
        == " DEBG 'cat' stdout output:\nin\n DEBG 'cat' stdout emitted a comm event\n")
  }

  @Test func withoutPlacesNothingIsCopied() {
    #expect(copy([[65]]) { $0.copies = [] } == "")
  }
}
