import Events
import Gateway
import Lease
import Linux
import Logger
import Meter
import Notify
import Probe
import Step

/// The roles PID 1 starts its own binary in. Nobody types them: they are told by the first word of
/// the command line, which is also what ps shows.
enum Role: String {
  case directory, template, lock, lease, logger, gateway, probe, events, meter, notify
  case reader, lookup, socket, redis

  private static let prefix = "entrypoint: "

  /// nil for an ordinary call.
  init?(_ arguments: [String]) {
    guard let first = arguments.first, first.hasPrefix(Role.prefix) else { return nil }
    let name = first.dropFirst(Role.prefix.count).prefix { $0 != " " }
    self.init(rawValue: String(name))
  }

  /// As the command line has it.
  private var title: String { Role.prefix + rawValue }

  /// `arguments` are the words after the title.
  func main(_ arguments: [String]) -> Int32 {
    FaultHandler.report(as: title)
    RootGroup.takeVariable()
    return switch self {
    case .directory: confined(.directory) { DirectoryRole.main(arguments) }
    case .template: confined(.template) { TemplateRole.main(arguments) }
    case .lock: LockRole.main(arguments)
    case .lease: LeaseRole.main(arguments)
    case .redis: RedisRole.main(arguments)
    case .probe: ProbeRole.main(arguments)
    case .reader: confined(.reader) { Reader.main(arguments) }
    case .lookup: confined(.lookup) { Lookup.main() }
    case .socket: confined(.socket) { SocketRole.main(arguments) }
    case .logger: LoggerRole.main(title)
    case .gateway: GatewayRole.main(title)
    case .events: EventsRole.main(title)
    case .meter: MeterRole.main(title)
    case .notify: NotifyRole.main(title)
    }
  }

  /// A short-lived role makes no system calls but its own from its beginning.
  private func confined(_ name: RoleName, _ main: () -> Int32) -> Int32 {
    name.confine()
    return main()
  }
}
