internal import Linux

/// The roles that live as long as we do, each with a channel to us.
enum HelperKind: Int, CaseIterable {
  case logger, gateway, events, meter

  /// The first word of its command line, and its name in the main log.
  var name: String {
    switch self {
    case .logger: "logger"
    case .gateway: "gateway"
    case .events: "events role"
    case .meter: "meter"
    }
  }

  var title: String {
    switch self {
    case .logger: "entrypoint: logger"
    case .gateway: "entrypoint: gateway"
    case .events: "entrypoint: events"
    case .meter: "entrypoint: meter"
    }
  }
}

/// One of them, living or not.
struct Helper {
  var link = HelperLink()
  var token: Token?
  var life = HelperLife()
}

/// All of them.
struct Helpers {
  private var all = HelperKind.allCases.map { _ in Helper() }

  subscript(_ kind: HelperKind) -> Helper {
    get { all[kind.rawValue] }
    set { all[kind.rawValue] = newValue }
  }
}
