internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// The lookup role, while it runs, and what waits for its answers: spawns and requests of clients.
struct HostLookup {
  /// PID 1 waits no longer for the role: it then starts programs with what it knew before.
  static let limit = Duration.seconds(10)

  struct PendingRequest {
    var request: ControlRequest
    var client: ConfigurationTrial.Client
    var origin: ClientOrigin
    var isOfGateway: Bool
    var targets: [InstanceID]
  }

  private struct Run {
    var pid: Int32
    var file: Int32
    var deadline: Instant
    var spawns: [InstanceID]
    var requests: [PendingRequest]
  }

  private var run: Run?
  private var spawns: [InstanceID] = []
  private(set) var requests: [PendingRequest] = []

  var pid: Int32? { run?.pid }
  var deadline: Instant? { run?.deadline }
  /// Something waits for which no role runs.
  var isDue: Bool { run == nil && !(spawns.isEmpty && requests.isEmpty) }

  mutating func wait(_ id: InstanceID) { spawns.append(id) }
  mutating func wait(_ request: PendingRequest) { requests.append(request) }

  mutating func cancel(_ id: InstanceID) {
    spawns.removeAll { $0 == id }
    run?.spawns.removeAll { $0 == id }
  }

  mutating func began(_ pid: Int32, _ file: Int32, at now: Instant) {
    run = Run(
      pid: pid, file: file, deadline: now.advanced(by: HostLookup.limit), spawns: spawns,
      requests: requests)
    spawns = []
    requests = []
  }

  /// The role has ended, or is no longer waited for. What it answered, nil where that is not the
  /// whole, and what waited for it.
  mutating func ended() -> (record: HostRecord?, spawns: [InstanceID], requests: [PendingRequest]) {
    guard let ended = run else { return (nil, [], []) }
    run = nil
    let file = MemoryFile(owning: ended.file)
    guard let bytes = try? file.contents(limit: HostRecord.maxBytes) else {
      return (nil, ended.spawns, ended.requests)
    }
    return (HostRecord(encoded: bytes), ended.spawns, ended.requests)
  }

  /// No role could be started.
  mutating func failedToBegin() -> (spawns: [InstanceID], requests: [PendingRequest]) {
    defer { (spawns, requests) = ([], []) }
    return (spawns, requests)
  }
}
