import ControlProtocol
import HTTP
import Support
import Testing

@testable import Gateway

/// What requests below /api/v1 become for PID 1.
@Suite struct APITests {
  private func request(_ method: String, _ target: String, _ body: String = "") -> APIRequest? {
    try? APIRequest(
      HTTPRequestHead(method: method, target: "/api/v1\(target)"), Array(body.utf8))
  }

  /// All lines that PID 1 is asked, when it answers nothing in particular.
  private func lines(_ request: APIRequest?) -> [String] {
    guard case .change(let errand)? = request else { return [] }
    var lines: [String] = []
    var progress = errand.start()
    while case .ask(let line) = progress, lines.count < 10 {
      lines.append(line)
      progress = errand.take(ControlAnswer([]))
    }
    return lines
  }

  @Test(arguments: [
    ("/units/web/start", "", ["native start web"]),
    ("/units/web/start?wait=false", "", ["native startnowait web"]),
    ("/units/g:*/stop", "", ["native stop g:*"]),
    ("/units/g%3Aa/stop?x=1&wait=true", "", ["native stop g:a"]),
    ("/units/web/restart", "", ["native restart web"]),
    ("/units/web/restart?wait=false", "", ["native restartnowait web"]),
    ("/units/web/roll", "", ["native roll web"]),
    ("/units/web/signal", #"{"signal":"HUP"}"#, ["native signal HUP web"]),
    ("/units/web/scale", #"{"count":0}"#, ["native scale web 0"]),
    ("/units/web/scale", #"{"count":10001}"#, []), ("/units/web/scale", "", []),
    ("/units/web/signal", #"{"signal":"A B"}"#, []), ("/units/a%20b/stop", "", []),
    ("/units/a%0Ab/stop", "", []), ("/units//stop", "", []), ("/units/web/stop/now", "", []),
  ])
  func changesAreLinesOfWords(_ target: String, _ body: String, _ expected: [String]) {
    #expect(lines(request("POST", target, body)) == expected)
  }

  @Test(arguments: [
    ("BAD_NAME", 404), ("BAD_SIGNAL", 400), ("SHUTDOWN_STATE", 503), ("ALREADY_STARTED", 409),
    ("NOT_RUNNING", 409), ("SPAWN_ERROR", 409), ("CANT_REREAD", 409),
  ])
  func faultsHaveTheirStatus(_ fault: String, _ status: Int) throws {
    guard case .change(let errand)? = request("POST", "/units/web/start") else {
      Issue.record("no errand")
      return
    }
    _ = errand.start()
    let line = JSONValue.object(["name": .string("web"), "fault": .string(fault)])
    guard case .reply(let reply) = errand.take(ControlAnswer([line])) else {
      Issue.record("no reply")
      return
    }
    #expect(reply.status.rawValue == status)
    let said = try #require(JSONValue.parse(reply.body[...]))
    #expect(said["results"]?.elements == [line])
    #expect(said["error"]?.text == reply.status.reason)
  }

  @Test func theDescriptionIsJSON() throws {
    let value = try #require(JSONValue.parse(Array(APIDescription.text.utf8)[...]))
    guard case .object(let paths)? = value["paths"] else {
      Issue.record("no paths")
      return
    }
    #expect(paths.count == 10)
  }

  /// Whatever is sent, PID 1 gets one line, of words, that begins as it should.
  @Test func nobodyMakesALineOfHisOwn() {
    let seeds = [
      ("/units/web/start?wait=false", ""), ("/units/g%3Aa%20b/restart", "{}"),
      ("/units/web/signal", #"{"signal":"HUP"}"#), ("/units/web/scale", #"{"count":3}"#),
    ]
    for seed in 0..<5000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var (target, body) = seeds[Int(seed) % seeds.count]
      var bytes = Array((seed % 2 == 0 ? target : body).utf8)
      Mutation.apply(to: &bytes, &random)
      let changed = String(decoding: bytes, as: UTF8.self)
      if seed % 2 == 0 { target = changed } else { body = changed }
      for line in lines(request("POST", target, body)) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        #expect((3...4).contains(words.count) && words.first == "native", "\(target) \(body)")
        #expect(line.utf8.allSatisfy { $0 >= 32 && $0 != 127 })
      }
    }
  }
}
