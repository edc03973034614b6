internal import HTTP
internal import XMLRPC

/// The server that the actions talk to. Each call has a connection of its own: nothing is kept open
/// while a person thinks, and a server that has been restarted meanwhile is no special case.
struct SupervisorConnection {
  /// As it was given; what messages show.
  var serverURL: String
  var username: String
  var password: String
  /// Readable at Ctrl-C, where that is not the end of the process.
  var interrupts: Int32?

  init(_ settings: ClientSettings) {
    serverURL = settings.serverURL
    username = settings.username
    password = settings.password
  }

  /// `supervisor.` is put in front of the method.
  func call(
    _ method: String, _ parameters: [XMLRPCValue] = []
  ) throws(CallProblem) -> XMLRPCValue {
    let call = XMLRPCCall(method: "supervisor.\(method)", parameters: parameters)
    var head = try request("POST", "/RPC2")
    head.fields.append("Connection", "close")
    head.fields.append("User-Agent", "supervisorctl")
    head.fields.append("Content-Type", "text/xml")
    head.fields.append("Accept", "text/xml")
    var exchange = try HTTPExchange(
      head, body: call.encoded, to: place(), interrupts: interrupts)
    let (status, body) = try wholeAnswer(&exchange)
    guard status.status == 200 else {
      throw .status(status.status, reason: status.reason)
    }
    return try Self.value(in: body)
  }

  func call(_ method: String, about name: String) throws(CallProblem) -> XMLRPCValue {
    try call(method, [.string(name)])
  }

  /// A log as it grows: that of the server, or of a channel of a process. supervisord would keep it
  /// all to itself if it were told that the connection is to be closed afterwards.
  func follow(process name: String? = nil, _ channel: String = "") throws(CallProblem) -> LogStream
  {
    let path = name.map { "/logtail/\(URLText.encode($0))/\(channel)" } ?? "/mainlogtail"
    let exchange = try HTTPExchange(
      try request("GET", path), to: place(), interrupts: interrupts)
    let shown = name.map { "/logtail/\($0)/\(channel)" } ?? path
    return LogStream(exchange, serverURL + shown)
  }

  private func wholeAnswer(
    _ exchange: inout HTTPExchange
  ) throws(CallProblem) -> (HTTPResponseHead, [UInt8]) {
    var head: HTTPResponseHead?
    var body: [UInt8] = []
    while true {
      switch try exchange.next() {
      case .head(let found): head = found
      case .body(let piece): body += piece
      case .failed(.cutShort) where head == nil: throw .closed
      case .failed(let problem): throw .malformed(problem.text)
      case .end, .needsMore:
        guard let head else { throw .closed }
        return (head, body)
      }
      guard body.count <= Self.largestAnswer else { throw .malformed("too much") }
    }
  }

  /// Thousands of processes, or a log that `tail -99999999` asks for.
  private static let largestAnswer = 256 << 20

  private static func value(in body: [UInt8]) throws(CallProblem) -> XMLRPCValue {
    var limits = XMLRPCLimits()
    limits.values = 4_000_000
    let response: XMLRPCResponse
    do { response = try XMLRPCResponse.parse(body, limits: limits) } catch {
      throw .malformed(error.text)
    }
    switch response {
    case .value(let value): return value
    case .fault(let fault): throw .fault(fault)
    }
  }

  /// Throws for an address that is none, which even an action without arguments says.
  func place() throws(CallProblem) -> ServerURL.Place {
    guard let url = ServerURL(serverURL) else { throw .unknownProtocol(url: serverURL) }
    return url.place
  }

  private func request(
    _ method: String, _ target: String
  ) throws(CallProblem) -> HTTPRequestHead {
    var fields = HTTPFields()
    switch try place() {
    case .local: fields.append("Host", "localhost")
    case .network(let host, let port):
      let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
      fields.append("Host", port == 80 ? name : "\(name):\(port)")
    }
    if let credentials { fields.append("Authorization", credentials.field) }
    return HTTPRequestHead(method: method, target: target, fields: fields)
  }

  /// None without a name.
  private var credentials: BasicCredentials? {
    if !username.isEmpty { return BasicCredentials(username: username, password: password) }
    guard let found = ServerURL(serverURL)?.credentials else { return nil }
    return BasicCredentials(username: found.username, password: found.password)
  }
}
