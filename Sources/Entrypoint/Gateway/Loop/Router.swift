internal import HTTP

/// What is behind each URL: section by section as supervisord looks for it, the first that fits.
struct Router {
  /// What a request leads to.
  enum Destination {
    case reply(Reply)
    case errand(Errand)
  }

  var site: Site
  private let usage = UsageMemory()

  init(site: Site) { self.site = site }

  func destination(_ head: HTTPRequestHead, _ body: [UInt8]) -> Destination {
    let path = head.path
    let isReading = head.method == "GET" || head.method == "HEAD"
    if path.hasPrefix("/RPC2") { return call(head, body) }
    if APIRequest.isMeant(by: path) { return api(head, body) }
    if path.hasPrefix("/logtail") || path.hasPrefix("/mainlogtail") {
      guard head.method == "GET" else { return .reply(.refusal(.badRequest)) }
      return logTail(path)
    }
    if let question = HealthErrand(path: path) {
      guard isReading else { return .reply(.methodNotAllowed(but: "GET, HEAD")) }
      return .errand(.health(question))
    }
    switch path {
    case "/metrics":
      guard isReading else { return .reply(.methodNotAllowed(but: "GET, HEAD")) }
      return .errand(.metrics(MetricsErrand(usage: usage)))
    case "/", "/index.html":
      guard isReading || head.method == "POST" else { return .reply(.refusal(.badRequest)) }
      return page(head, body)
    case "/tail.html" where isReading || head.method == "POST":
      return .errand(.tail(TailErrand(URLText.query(head.query))))
    case "/ok.html" where isReading: return .reply(Reply(.ok, "text/plain", "OK"))
    case "/stylesheets/supervisor.css" where isReading:
      return .reply(Reply(.ok, "text/css", Style.sheet))
    case "/tail.html", "/ok.html", "/stylesheets/supervisor.css":
      return .reply(.refusal(.badRequest))
    default: return .reply(.refusal(.notFound))
    }
  }

  private func api(_ head: HTTPRequestHead, _ body: [UInt8]) -> Destination {
    do throws(APIRequest.Refusal) {
      switch try APIRequest(head, body) {
      case .description:
        return .reply(Reply(.ok, "application/json", APIDescription.text).uncached)
      case .status: return .errand(.status(StatusErrand(.all)))
      case .unit(let name): return .errand(.status(StatusErrand(.unit(name))))
      case .journal: return .errand(.status(StatusErrand(.journal)))
      case .events: return .errand(.events)
      case .change(let errand): return .errand(.change(errand))
      }
    } catch {
      return .reply(error.reply)
    }
  }

  private func call(_ head: HTTPRequestHead, _ body: [UInt8]) -> Destination {
    guard head.method == "POST" else { return .reply(.refusal(.badRequest)) }
    // A form of another site can send XML, too.
    guard mayCall(head) else { return .reply(.refusal(.forbidden)) }
    guard let errand = RPCErrand(body) else { return .reply(.refusal(.badRequest)) }
    return .errand(.call(errand))
  }

  /// A form of another site has one of three content types. A browser that does not tell where the
  /// request comes from can at least send no other type without the consent of this server.
  private func mayCall(_ head: HTTPRequestHead) -> Bool {
    switch Provenance(head) {
    case .program, .ownSite: true
    case .otherSite: false
    case .unknownBrowser:
      head.fields["Content-Type"].map { type in
        ["text/xml", "application/xml"].contains {
          type.utf8.prefix($0.utf8.count).equalsIgnoringCase($0.utf8)
        }
      } ?? false
    }
  }

  /// `/logtail/NAME`, `/logtail/NAME/stderr`, `/mainlogtail`.
  private func logTail(_ path: String) -> Destination {
    let words = path.utf8.split(separator: UInt8(ascii: "/")).map { URLText.decode($0) }
    switch words.first {
    case "mainlogtail": return .errand(.follow(FollowErrand("openmainlog")))
    case "logtail" where (2...3).contains(words.count):
      let channel = words.count == 3 ? words[2] : "stdout"
      let name = Namespec(words[1])
      guard ["stdout", "stderr"].contains(channel), !name.isGroup, let word = name.word else {
        return .reply(.refusal(.notFound))
      }
      return .errand(.follow(FollowErrand("openlog \(word) \(channel)")))
    default: return .reply(.refusal(.notFound))
    }
  }

  private func page(_ head: HTTPRequestHead, _ body: [UInt8]) -> Destination {
    let form = head.method == "POST" ? String(decoding: body, as: UTF8.self) : ""
    let fields = URLText.query(head.query) + URLText.query(form)
    func field(_ name: String) -> String? { fields.last { $0.name == name }?.value }
    guard let action = field("action") else {
      return .errand(.page(PageErrand(site: site, message: field("message") ?? "")))
    }
    guard let known = ActionErrand(action, process: field("processname")) else {
      return .reply(.refusal(.internalError))
    }
    let token = field("token")
    guard known.isHarmless || isAllowed(head, token: token) else {
      return .reply(token.map(isOurs) == false ? .outdatedPage : .refusal(.forbidden))
    }
    return .errand(.action(known))
  }

  /// The forms of the page send its token. supervisord's page acts on a GET without one: a link in
  /// a mail is enough, for a person who follows it and for a scanner that reads the mail. Here a
  /// GET without the token changes nothing. A POST without it is accepted from programs.
  private func isAllowed(_ head: HTTPRequestHead, token: String?) -> Bool {
    let provenance = Provenance(head)
    // A proxy may change Host, and our own page looks foreign then; a browser's word stands.
    guard provenance != .otherSite || head.fields["Sec-Fetch-Site"] == nil else { return false }
    if let token, isOurs(token) { return true }
    return head.method == "POST" && provenance == .program
  }

  private func isOurs(_ token: String) -> Bool {
    Array(token.utf8).equalsSteadily(Array(site.token.utf8))
  }
}

/// Where a request comes from, as far as its head tells.
enum Provenance: Equatable {
  /// Our own page, or an address typed by hand.
  case ownSite
  case otherSite
  /// A browser too old to say, or told not to.
  case unknownBrowser
  case program

  init(_ head: HTTPRequestHead) {
    if let site = head.fields["Sec-Fetch-Site"] {
      self = ["same-origin", "none"].contains(site) ? .ownSite : .otherSite
    } else if let origin = head.fields["Origin"] ?? head.fields["Referer"] {
      self =
        Provenance.host(of: origin) == Provenance.lowercased(head.fields["Host"] ?? "")
        ? .ownSite : .otherSite
    } else {
      let isBrowser = head.fields["User-Agent"]?.hasPrefix("Mozilla/") == true
      self = isBrowser ? .unknownBrowser : .program
    }
  }

  /// `host:port` of `http://host:port/path`; nil for anything else, such as `null`.
  private static func host(of origin: String) -> String? {
    let bytes = Array(origin.utf8)
    for scheme in ["http://", "https://"] {
      guard bytes.prefix(scheme.utf8.count).equalsIgnoringCase(scheme.utf8) else { continue }
      let host = bytes.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "/") }
      return lowercased(String(decoding: host, as: UTF8.self))
    }
    return nil
  }

  private static func lowercased(_ host: String) -> String {
    String(decoding: host.utf8.map(\.lowercasedASCII), as: UTF8.self)
  }
}
