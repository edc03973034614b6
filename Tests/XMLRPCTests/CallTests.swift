import Support
import Testing
import XMLRPC

@Suite struct CallTests {
  private static func call(_ value: String) -> String {
    "<?xml version='1.0'?><methodCall><methodName>m</methodName><params><param>\(value)</param>"
      + "</params></methodCall>"
  }

  private func read(_ text: String) throws -> XMLRPCCall { try XMLRPCCall.parse(Array(text.utf8)) }

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var value: XMLRPCValue

    init(_ text: String, _ value: XMLRPCValue) {
      testDescription = text
      self.value = value
    }
  }

  @Test(arguments: [
    Row("<value><int>-5</int></value>", .integer(-5)),
    Row("<value><i4>+5</i4></value>", .integer(5)),
    Row("<value><i8>3221225472</i8></value>", .integer(3_221_225_472)),
    Row("<value><ex:i8>1</ex:i8></value>", .integer(1)),
    Row("<value> <boolean>1</boolean>\n</value>", .boolean(true)),
    Row("<value><boolean>0</boolean></value>", .boolean(false)),
    Row("<value><double>-1.5e3</double></value>", .double(-1500)),
    Row("<value><string> a  b </string></value>", .string(" a  b ")),
    Row("<value> plain </value>", .string(" plain ")),
    Row("<value></value>", .string("")), Row("<value/>", .string("")),
    Row("<value><string/></value>", .string("")), Row("<value><nil/></value>", .null),
    Row(
      "<value><string>&lt;&amp;&quot;&apos;&#65;&#x20AC;</string></value>", .string("<&\"'A€")),
    Row("<value><string><![CDATA[<a>&amp;]]></string></value>", .string("<a>&amp;")),
    Row("<value><!-- no -->yes<!----></value>", .string("yes")),
    Row("<value><string>a\r\nb\rc&#13;</string></value>", .string("a\nb\nc\r")),
    Row("<value><string>\u{1B}[31mred</string></value>", .string("\u{1B}[31mred")),
    Row("<value xml:space = 'a>b'>x</value>", .string("x")),
    Row("<value><base64>\naGVs\nbG8=\n</base64></value>", .base64(Array("hello".utf8))),
    Row(
      "<value><dateTime.iso8601>20261121T07:37:33</dateTime.iso8601></value>",
      .dateTime("20261121T07:37:33")),
    Row("<value><array><data/></array></value>", .array([])),
    Row(
      "<value><array><data><value>a</value><value/><value><int>1</int></value></data></array>"
        + "</value>",
      .array([.string("a"), .string(""), .integer(1)])),
    Row(
      "<value><struct><member><name>a</name><value>1</value></member>"
        + "<member><name/><value/></member></struct></value>",
      .structure([.init("a", .string("1")), .init("", .string(""))])),
    Row("<value><struct/></value>", .structure([])),
  ])
  func valuesAreRead(_ row: Row) throws {
    #expect(try read(Self.call(row.testDescription)).parameters == [row.value])
  }

  @Test(arguments: [
    "<value><int>1.5</int></value>", "<value><int></int></value>", "<value><int/></value>",
    "<value><int>99999999999999999999</int></value>", "<value><boolean>true</boolean></value>",
    "<value><double>x</double></value>", "<value><base64>!</base64></value>",
    "<value>text<int>1</int></value>", "<value><int>1</int>text</value>",
    "<value><int>1</i4></value>", "<value><what>1</what></value>", "<value>", "<int>1</int>",
    "<value>&bomb;</value>", "<value>&#xD800;</value>", "<value>&#x110000;</value>",
    "<value>&#;</value>", "<value>&amp</value>", "<value><![CDATA[x</value>",
    "<value><!-- </value>", "<value a=\">x</value>", "</value>", "<value></int></value>",
    "<value><array></array></value>", "<value><struct><member/></struct></value>",
    "<value><struct><member><value/></member></struct></value>", "<", "<>", "</>", "<!DOCTYPE x>",
  ])
  func whatIsNoValueIsRefused(_ text: String) {
    #expect(throws: XMLRPCProblem.self) { try read(Self.call(text)) }
  }

  @Test(arguments: [
    "", "<", "hello", "<?xml", "<methodCall>", "<methodCall/>", "<methodCall></methodCall>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]><methodCall><methodName>m</methodName></methodCall>",
    "<methodCall><methodName>m</methodName></methodCall>x",
    "<methodCall><methodName>m</methodName></methodCall><methodCall/>",
    "<methodCall><methodName>m</methodName><params></methodCall>",
    "<methodCall><methodName><b/></methodName></methodCall>",
    "<methodResponse></methodResponse>",
    "<?xml version='1.0' encoding='utf-16'?><methodCall><methodName>m</methodName></methodCall>",
  ])
  func whatIsNoCallIsRefused(_ text: String) {
    #expect(throws: XMLRPCProblem.self) { try read(text) }
  }

  @Test(arguments: [
    "<methodCall><methodName>a.b</methodName></methodCall>",
    "<methodCall><methodName>a.b</methodName><params/></methodCall>",
    " <methodCall>\n<methodName>a.b</methodName>\n<params>\n</params>\n</methodCall>\n",
    "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- x --><methodCall>"
      + "<methodName>a.b</methodName></methodCall><!-- y -->",
  ])
  func parametersMayBeMissing(_ text: String) throws {
    #expect(try read(text) == XMLRPCCall(method: "a.b"))
  }

  @Test func latinOneIsReadWhereItIsDeclared() throws {
    var document = Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>".utf8)
    document += Array("<methodCall><methodName>m</methodName><params><param><value>".utf8)
    document += [0xE9] + Array("</value></param></params></methodCall>".utf8)
    #expect(try XMLRPCCall.parse(document).parameters == [.string("é")])
  }

  @Test func nestingHasABottom() {
    func nested(_ depth: Int) -> String {
      String(repeating: "<value><array><data>", count: depth)
        + String(repeating: "</data></array></value>", count: depth)
    }
    #expect(throws: Never.self) { try read(Self.call(nested(31))) }
    #expect(throws: XMLRPCProblem.self) { try read(Self.call(nested(33))) }
    let endless = String(repeating: "<value><array><data>", count: 100_000)
    #expect(throws: XMLRPCProblem.self) { try read(Self.call(endless)) }
  }

  @Test func valuesAreCounted() {
    var limits = XMLRPCLimits()
    limits.values = 10
    let text = Self.call(
      "<value><array><data>\(String(repeating: "<value/>", count: 10))</data></array></value>")
    #expect(throws: XMLRPCProblem.self) {
      try XMLRPCCall.parse(Array(text.utf8), limits: limits)
    }
  }
}
