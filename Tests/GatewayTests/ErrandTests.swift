import ControlProtocol
import HTTP
import Support
import Testing
import XMLRPC

@testable import Gateway

@Suite struct ErrandTests {
  /// Plays an errand to its end, with the same answer to every line; the lines, and the reply.
  private func play(_ body: [UInt8], _ answer: ControlAnswer) -> (lines: [String], reply: Reply?) {
    guard var errand = RPCErrand(body) else { return ([], nil) }
    var lines: [String] = []
    var progress = errand.start()
    while lines.count < 1000 {
      switch progress {
      case .ask(let line):
        lines.append(line)
        progress = errand.take(answer)
      case .reply(let reply): return (lines, reply)
      case .follow, .document, .stream: return (lines, nil)
      }
    }
    return (lines, nil)
  }

  private func answer(_ lines: String...) -> ControlAnswer {
    ControlAnswer(lines.compactMap { JSONValue.parse(Array($0.utf8)[...]) })
  }

  private func response(_ name: String, _ parameters: [XMLRPCValue], _ said: ControlAnswer) throws
    -> XMLRPCResponse
  {
    let call = XMLRPCCall(method: "supervisor.\(name)", parameters: parameters)
    let reply = try #require(play(call.encoded, said).reply)
    return try XMLRPCResponse.parse(reply.body)
  }

  struct Asked: CustomTestStringConvertible, Sendable {
    var method: String
    var parameters: [XMLRPCValue] = []
    var lines: [String]
    var testDescription: String { "\(method) → \(lines.joined(separator: ", "))" }
  }

  @Test(arguments: [
    Asked(method: "getVersion", lines: ["state"]),
    Asked(method: "startProcess", parameters: [.string("a")], lines: ["start a:a"]),
    Asked(method: "startProcess", parameters: [.string("g:a")], lines: ["start g:a"]),
    Asked(method: "startProcess", parameters: [.string("g:")], lines: ["start g:*"]),
    Asked(method: "startProcess", parameters: [.string("all")], lines: ["start all:all"]),
    Asked(
      method: "stopProcess", parameters: [.string("a"), .boolean(false)],
      lines: ["stopnowait a:a"]),
    Asked(method: "stopProcessGroup", parameters: [.string("g")], lines: ["stop g:*"]),
    Asked(method: "startAllProcesses", parameters: [.integer(0)], lines: ["startnowait all"]),
    Asked(
      method: "signalProcess", parameters: [.string("a"), .integer(9)], lines: ["signal 9 a:a"]),
    Asked(
      method: "signalAllProcesses", parameters: [.string("HUP a\nshutdown")],
      lines: ["signal ? all"]),
    Asked(
      method: "tailProcessStderrLog", parameters: [.string("a"), .integer(0), .integer(1)],
      lines: ["openlog a:a stderr"]),
    Asked(method: "clearLog", lines: ["clearmainlog"]), Asked(method: "restart", lines: ["reload"]),
    Asked(method: "removeProcessGroup", parameters: [.string("g")], lines: ["removegroup g"]),
    Asked(
      method: "sendProcessStdin", parameters: [.string("a"), .string("hi\n")],
      lines: ["stdin a:a aGkK"]),
    Asked(
      method: "sendRemoteCommEvent", parameters: [.string("t"), .string("")],
      lines: ["remotecomm dA== ="]),
    Asked(method: "startProcess", parameters: [.string("a b")], lines: []),
    Asked(method: "addProcessGroup", parameters: [.string("g\nshutdown")], lines: []),
    Asked(method: "stopProcessGroup", parameters: [.string("g:a")], lines: []),
  ])
  func aCallBecomesOneLine(_ row: Asked) {
    let call = XMLRPCCall(method: "supervisor.\(row.method)", parameters: row.parameters)
    let played = play(call.encoded, answer(#"{"statecode":1}"#))
    #expect(played.lines == row.lines)
    #expect(played.reply?.status == .ok)
  }

  @Test func aFaultOfPIDOneIsTheCallersFault() throws {
    func fault(_ line: String) throws -> XMLRPCResponse {
      try response("startProcess", [.string("a")], answer(line))
    }
    #expect(
      try fault(#"{"name":"a","fault":"SPAWN_ERROR"}"#)
        == .fault(XMLRPCFault(code: 50, text: "SPAWN_ERROR: a")))
    #expect(
      try fault(#"{"name":"a","fault":"NOT_EXECUTABLE","message":"not executable: /x"}"#)
        == .fault(XMLRPCFault(code: 21, text: "NOT_EXECUTABLE: not executable: /x")))
    #expect(
      try fault(#"{"fault":"SHUTDOWN_STATE"}"#)
        == .fault(XMLRPCFault(code: 6, text: "SHUTDOWN_STATE")))
    #expect(
      try fault(#"{"error":"what"}"#) == .fault(XMLRPCFault(code: 30, text: "FAILED: what")))
    #expect(
      try fault(#"{"name":"a","fault":"NEVER_HEARD_OF"}"#)
        == .fault(XMLRPCFault(code: 30, text: "FAILED: a")))
    #expect(
      try response("startProcess", [.string("a")], ControlAnswer([]))
        == .fault(XMLRPCFault(code: 10, text: "BAD_NAME: a")))
    #expect(
      try response("startProcess", [.string("a")], ControlAnswer())
        == .fault(XMLRPCFault(code: 30, text: "FAILED: no answer")))
  }

  @Test func oneOfManyMayFail() throws {
    let said = answer(
      #"{"name":"g:a","result":"started"}"#, #"{"name":"b","fault":"SPAWN_ERROR"}"#)
    let value = try response("startAllProcesses", [], said)
    guard case .value(.array(let items)) = value else {
      Issue.record("no array")
      return
    }
    #expect(items.map { $0["group"]?.text } == ["g", "b"])
    #expect(items.map { $0["status"]?.integer } == [80, 50])
    #expect(items.map { $0["description"]?.text } == ["OK", "SPAWN_ERROR: b"])
  }

  @Test func damagedCallsNeverTrap() {
    let multicall = XMLRPCValue.array(
      ["supervisor.tailProcessLog", "supervisor.signalProcess", "system.methodHelp"].map { name in
        .structure([
          .init("methodName", .string(name)),
          .init("params", .array([.string("cat"), .integer(0), .integer(-9)])),
        ])
      })
    let bodies = [
      XMLRPCCall(method: "system.multicall", parameters: [multicall]).encoded,
      XMLRPCCall(
        method: "supervisor.readProcessLog",
        parameters: [.string("g:cat"), .integer(-5), .integer(0)]
      ).encoded,
    ]
    let said = answer(#"{"name":"cat","group":"cat","statecode":1,"result":"ok"}"#)
    var answered = 0
    for seed in 0..<10_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var body = bodies[Int(seed % 2)]
      Mutation.apply(to: &body, &random)
      let played = play(body, said)
      for line in played.lines {
        #expect(line.utf8.allSatisfy { $0 >= 32 && $0 != 127 }, "seed \(seed)")
      }
      if played.reply != nil { answered += 1 }
    }
    #expect(answered > 1000)
  }

  struct Origin: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var fields: [HTTPFields.Field]
    var provenance: Provenance
  }

  @Test(arguments: [
    Origin(testDescription: "a program", fields: [], provenance: .program),
    Origin(
      testDescription: "an old browser", fields: [.init("User-Agent", "Mozilla/4.0")],
      provenance: .unknownBrowser),
    Origin(
      testDescription: "our page", fields: [.init("Sec-Fetch-Site", "same-origin")],
      provenance: .ownSite),
    Origin(
      testDescription: "another subdomain", fields: [.init("Sec-Fetch-Site", "same-site")],
      provenance: .otherSite),
    Origin(
      testDescription: "what the browser says comes before what else there is",
      fields: [.init("Sec-Fetch-Site", "cross-site"), .init("Origin", "http://box")],
      provenance: .otherSite),
    Origin(
      testDescription: "an Origin", fields: [.init("Origin", "HTTP://Box")], provenance: .ownSite),
    Origin(
      testDescription: "another port", fields: [.init("Origin", "http://box:8080")],
      provenance: .otherSite),
    Origin(
      testDescription: "no Origin to speak of", fields: [.init("Origin", "null")],
      provenance: .otherSite),
    Origin(
      testDescription: "a user in front", fields: [.init("Referer", "http://box@evil/")],
      provenance: .otherSite),
  ])
  func whereARequestComesFromIsRead(_ row: Origin) {
    var fields = HTTPFields([.init("Host", "box")])
    for field in row.fields { fields.append(field.name, field.value) }
    let head = HTTPRequestHead(method: "GET", target: "/", fields: fields)
    #expect(Provenance(head) == row.provenance)
  }
}
