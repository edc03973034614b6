internal import ControlProtocol
internal import HTTP

/// What a request needs until it can be answered.
enum Errand {
  case call(RPCErrand)
  case page(PageErrand)
  case action(ActionErrand)
  case tail(TailErrand)
  case follow(FollowErrand)
  case health(HealthErrand)
  case metrics(MetricsErrand)
  case status(StatusErrand)
  case change(ChangeErrand)
  case events

  /// It changes something, or has an effect on a program.
  var isChange: Bool {
    switch self {
    case .call(let errand): errand.isChange
    case .action(let errand): !errand.isHarmless
    case .change: true
    case .page, .tail, .follow, .health, .metrics, .status, .events: false
    }
  }

  mutating func start() -> Progress { proceed(nil) }

  mutating func take(_ answer: ControlAnswer) -> Progress { proceed(answer) }

  /// Bytes it keeps, where that can be many.
  var footprint: Int {
    switch self {
    case .call(let errand): errand.footprint
    case .page, .action, .tail, .follow, .health, .metrics, .status, .change, .events: 0
    }
  }

  private mutating func proceed(_ answer: ControlAnswer?) -> Progress {
    switch self {
    case .call(var errand):
      defer { self = .call(errand) }
      return errand.proceed(answer)
    case .action(var errand):
      defer { self = .action(errand) }
      return errand.proceed(answer)
    case .page(var errand):
      defer { self = .page(errand) }
      return errand.proceed(answer)
    case .status(var errand):
      defer { self = .status(errand) }
      return errand.proceed(answer)
    case .tail(var errand): return errand.proceed(answer)
    case .follow(var errand): return errand.proceed(answer)
    case .health(var errand): return errand.proceed(answer)
    case .metrics(var errand): return errand.proceed(answer)
    case .change(var errand): return errand.proceed(answer)
    case .events: return .stream("follow")
    }
  }
}

/// What all errands have in common: a first question, and the next step after each answer.
protocol ErrandCourse {
  mutating func start() -> Progress
  mutating func take(_ answer: ControlAnswer) -> Progress
}

extension ErrandCourse {
  /// nil: from the beginning.
  fileprivate mutating func proceed(_ answer: ControlAnswer?) -> Progress {
    guard let answer else { return start() }
    return take(answer)
  }
}

/// What comes next for a request.
enum Progress {
  /// This line is for PID 1.
  case ask(String)
  case reply(Reply)
  /// A head without an end: what is written to this log goes to the client from now on.
  case follow(LogFollower)
  /// An answer that is read from its log as it is sent.
  case document(LogDocument)
  /// A head without an end: what PID 1 says to this line goes to the client as it comes.
  case stream(String)
}

/// A whole answer.
struct Reply {
  var status: HTTPStatus
  var type: String
  var fields: [HTTPFields.Field] = []
  var body: [UInt8]

  init(_ status: HTTPStatus, _ type: String, _ body: [UInt8]) {
    self.status = status
    self.type = type
    self.body = body
  }

  init(_ status: HTTPStatus, _ type: String, _ text: String) {
    self.init(status, type, Array(text.utf8))
  }

  /// With the little page that supervisord sends for everything that is no success.
  static func refusal(_ status: HTTPStatus) -> Reply {
    let text =
      "<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n"
      + "<p>Error code \(status.rawValue).\r\n<p>Message: \(status.reason).\r\n</body>\r\n"
    return Reply(status, "text/html", text)
  }

  /// JSON, whose values only just hold.
  static func json(_ status: HTTPStatus, _ value: JSONValue) -> Reply {
    Reply(status, "application/json", JSONText.line(value)).uncached
  }

  /// RFC 9110 section 15.5.6: what is allowed instead has to be said.
  static func methodNotAllowed(but methods: String) -> Reply {
    json(.methodNotAllowed, .problem(.methodNotAllowed)).with("Allow", methods)
  }

  /// To a change with a `Host` that a server without a password does not accept.
  static func refusedHost(_ isAPI: Bool) -> Reply {
    let text =
      "changes are not accepted with this Host: use an address or localhost in the URL, "
      + "or set allowed_hosts or a password in [inet_http_server]"
    return isAPI
      ? .json(.forbidden, .problem(.forbidden, text)) : Reply(.forbidden, "text/plain", "\(text)\n")
  }

  func with(_ name: String, _ value: String) -> Reply {
    var reply = self
    reply.fields.append(.init(name, value))
    return reply
  }

  /// What only just holds must not be shown again from a cache.
  var uncached: Reply {
    with("Pragma", "no-cache").with("Cache-Control", "no-cache")
      .with("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")
  }
}
