internal import ControlProtocol
internal import HTTP

/// What a request below `/api/v1` asks for.
enum APIRequest {
  case description
  case status
  case unit(String)
  case journal
  case events
  case change(ChangeErrand)

  /// Why it cannot be answered.
  struct Refusal: Error {
    var status: HTTPStatus
    var message: String?
    /// Of a method that does not go with the path.
    var allowed: String?

    init(_ status: HTTPStatus, _ message: String? = nil, allowed: String? = nil) {
      self.status = status
      self.message = message
      self.allowed = allowed
    }

    var reply: Reply {
      if let allowed { return .methodNotAllowed(but: allowed) }
      return .json(status, .problem(status, message))
    }
  }

  static let root = "/api/v1"

  static func isMeant(by path: String) -> Bool { path == root || path.hasPrefix("\(root)/") }

  init(_ head: HTTPRequestHead, _ body: [UInt8]) throws(Refusal) {
    let words = head.path.dropFirst(APIRequest.root.count).utf8
      .split(separator: UInt8(ascii: "/")).map { URLText.decode($0) }
    switch (words.first, words.count) {
    case (nil, _): self = .description
    case ("status", 1): self = .status
    case ("journal", 1): self = .journal
    case ("events", 1): self = .events
    case ("units", 2): self = .unit(try APIRequest.word(words[1]))
    case ("units", 3):
      guard let action = ChangeErrand.Action(rawValue: words[2]) else { throw Refusal(.notFound) }
      try APIRequest.check(head, "POST")
      guard APIRequest.isFromNoOtherSite(head) else { throw Refusal(.forbidden, "another site") }
      let name = try APIRequest.word(words[1])
      self = .change(try ChangeErrand(action, name, head.query, body))
      return
    default: throw Refusal(.notFound)
    }
    try APIRequest.check(head, "GET")
  }

  private static func check(_ head: HTTPRequestHead, _ method: String) throws(Refusal) {
    guard head.method != method else { return }
    throw Refusal(.methodNotAllowed, allowed: method)
  }

  /// A form of another site can send whatever it likes; it cannot hide where it comes from.
  private static func isFromNoOtherSite(_ head: HTTPRequestHead) -> Bool {
    let provenance = Provenance(head)
    return provenance == .program || provenance == .ownSite
  }

  /// A blank in it would make it two words to PID 1; no unit can be called so.
  private static func word(_ name: String) throws(Refusal) -> String {
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else {
      throw Refusal(.notFound, "no such unit")
    }
    return name
  }
}
