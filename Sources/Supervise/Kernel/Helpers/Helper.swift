internal import Linux
internal import SuperviseCore

/// The roles that live as long as we do, each with a channel to us.
enum HelperKind: Int, CaseIterable {
  case logger, gateway, events, meter, notify

  /// As metrics call it.
  var word: String {
    switch self {
    case .logger: "logger"
    case .gateway: "gateway"
    case .events: "events"
    case .meter: "meter"
    case .notify: "notify"
    }
  }

  /// Its row in the table of rights.
  var role: RoleName {
    switch self {
    case .logger: .logger
    case .gateway: .gateway
    case .events: .events
    case .meter: .meter
    case .notify: .notify
    }
  }

  /// The first word of its command line.
  var title: String { "entrypoint: \(word)" }

  /// Its name in the main log.
  var name: String { self == .events || self == .notify ? "\(word) role" : word }
}

/// One of them, living or not.
struct Helper {
  var link = HelperLink()
  var token: Token?
  var life = HelperLife()
  var watch = RoleWatch()
  /// It was sent `finish`.
  var isFinishing = false
}

/// All of them.
struct Helpers {
  /// The line about it has been written.
  var haveReportedHiddenProcesses = false
  private var all = HelperKind.allCases.map { _ in Helper() }

  subscript(_ kind: HelperKind) -> Helper {
    get { all[kind.rawValue] }
    set { all[kind.rawValue] = newValue }
  }
}
