internal import GatewayProtocol
internal import HTTP
internal import Linux

/// The gateway's one loop: records and answers from PID 1, requests from clients. Nothing in it
/// waits, so that a client who does, for a program to start or for a log to grow, holds up nobody.
struct Gateway: ~Copyable {
  /// A socket that PID 1 has handed over.
  final class Listener {
    let descriptor: Int32
    let token: Token
    let description: GatewayListener
    var isWatched = false
    /// Its connections.
    var count = 0
    /// More than half of the connections that it may have are taken.
    var isScarce = false

    init(_ descriptor: Int32, _ token: Token, _ description: GatewayListener) {
      self.descriptor = descriptor
      self.token = token
      self.description = description
    }

    /// nil: anybody may call.
    var credentials: BasicCredentials? {
      description.login.map { BasicCredentials(username: $0.username, password: $0.password) }
    }
  }

  static let channelToken = Token(slot: Place.channel.rawValue << 24, generation: 0)
  /// Reading less often costs less.
  private static let bufferSize = 64 << 10

  let channel: Int32
  var poller: Poller
  var listeners = SlotTable<Listener>(.listener)
  var connections = SlotTable<Connection>(.connection)
  var asks = SlotTable<ControlAsk>(.ask)
  var hosts = HostPolicy()
  var logins = LoginLimiter()
  var reports = ReportLimiter()
  /// Questions that have not been put yet, the oldest first.
  var questions: [(line: String, owner: ControlAsk.Owner)] = []
  /// Records that the channel has had no room for.
  var unsent: [[UInt8]] = []
  var router = Router(site: Site())
  var buffer = readBuffer(size: Gateway.bufferSize)
  var isFinished = false

  init(channel: Int32) throws(Errno) {
    self.channel = channel
    poller = try Poller()
  }

  mutating func run() {
    poller.addWaiting(channel, .readable, Gateway.channelToken)
    while !isFinished {
      noteScarcity()
      let count = (try? poller.wait(milliseconds: millisecondsToNextDeadline)) ?? 0
      // Answers first: PID 1 may have sent them before `finish`. New clients last: they may replace
      // clients whose requests have arrived.
      for place in [Place.ask, .channel, .connection, .listener] {
        for index in 0..<count where Place.of(poller.event(index).token) == place {
          handle(place, poller.event(index))
        }
      }
      keepTime()
    }
    for client in connections.tenants { sayGoodbye(client) }
  }

  /// What was said to be sent, and to those who follow a log that this was all.
  private func sayGoodbye(_ client: Connection) {
    if client.phase == .following, client.isChunked { client.outbox.append(HTTPWriter.lastChunk) }
    _ = client.outbox.flush(client.descriptor)
  }

  private mutating func handle(_ place: Place, _ event: Poller.Event) {
    switch place {
    case .channel: listenToControl(event.interest)
    case .listener: if let listener = listeners[event.token] { accept(listener) }
    case .connection: if let client = connections[event.token] { serve(client, event.interest) }
    case .ask: if let ask = asks[event.token] { serve(ask) }
    }
  }

  // MARK: Time

  private var millisecondsToNextDeadline: Int32? {
    var next = isShortOfFiles ? monotonicNanoseconds() + Gateway.retryInterval : UInt64.max
    next = min(next, reports.nextDeadline ?? .max)
    for client in connections.tenants {
      next = min(next, client.nextTurn(isScarce: client.listener.isScarce))
    }
    guard next < UInt64.max else { return nil }
    let now = monotonicNanoseconds()
    return next <= now ? 0 : Int32(clamping: (next - now) / 1_000_000 + 1)
  }

  private mutating func keepTime() {
    let now = monotonicNanoseconds()
    sendDueReports(at: now)
    for client in connections.tenants {
      let isScarce = client.listener.isScarce
      if let deadline = client.deadline(isScarce: isScarce), deadline <= now { expire(client) }
      if let next = client.nextLook, next <= now { look(client, at: now) }
    }
    if isShortOfFiles {
      resumeListening()
      putQuestions()
    }
  }

  /// After accept(2) has failed for want of descriptors or memory.
  static let retryInterval: UInt64 = 100_000_000
  var isShortOfFiles = false
}
