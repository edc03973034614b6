internal import EventsProtocol
internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// Event listeners: their protocol is the events role's business; their processes are ours.
extension Kernel {
  mutating func tellEvents(
    _ message: EventsMessage, passing descriptor: Int32? = nil, closing: Bool = false
  ) {
    tell(.events, message.encoded, passing: descriptor, closing: closing)
  }

  mutating func introduceEvents() {
    let level = configuration.supervisor.logLevel.rawValue
    tellEvents(.verbosity(isDebug: level >= Supervisor.LogLevel.debug.rawValue))
    // At the beginning each pool comes when its group does.
    if fleet.phase != .idle { for unit in configuration.units { openPool(unit) } }
    for index in listeners.indices { introduceListener(index) }
    connectLoggerToEvents()
  }

  /// Before the first program is started, as supervisord tells it.
  mutating func announceGroups() {
    startIfNeeded(.events)
    guard helpers[.events].link.isRunning else { return }
    for group in fleet.plan.groups { announce(group.name) }
    emit(.supervisorRunning)
  }

  /// A group comes, and with it, where it is one of listeners, its pool.
  private mutating func announce(_ group: String) {
    if let unit = configuration.units.first(where: { $0.name == group }) { openPool(unit) }
    emit(.processGroupAdded, EventPayload.group(group))
  }

  /// A new pair whenever one of the two has been started.
  mutating func connectLoggerToEvents() {
    guard helpers[.logger].link.isRunning, helpers[.events].link.isRunning,
      let channel = try? makeMessageChannel()
    else { return }
    tellLogger(.events, passing: channel.ours, closing: true)
    tellEvents(.loggerChannel, passing: channel.theirs, closing: true)
  }

  /// A pool receives what happens from now on, its own coming first.
  mutating func openPool(_ unit: Unit) {
    guard case .program(let program) = unit.work,
      case .eventListener(let events, let bufferSize) = program.kind
    else { return }
    var pool = PoolDescription(
      name: unit.name, server: configuration.supervisor.identifier,
      events: events.compactMap(EventType.init(rawValue:)))
    pool.bufferSize = UInt32(clamping: bufferSize)
    pool.countsCharacters = program.countsCharacters
    pool.resultHandler = program.resultHandler.wireHandler
    pool.marksLines = !isSupervisord
    tellEvents(.pool(pool))
  }

  private mutating func introduceListener(_ index: Int) {
    let listener = listeners[index]
    let instance = UInt32(listener.instance.index)
    let member = fleet.plan.members[listener.instance.index]
    var description = ListenerDescription(
      pool: fleet.plan.node(of: listener.instance).name, instance: instance,
      name: member.processName)
    description.state = listener.state
    description.isRunning = fleet.state(of: listener.instance) == .running
    tellEvents(.listener(description), passing: listener.input)
    if let log = listener.log { tellEvents(.listenerLog(instance: instance), passing: log) }
    tellEvents(.listenerOutput(instance: instance), passing: listener.output)
  }

  /// It has been started; the events role gets duplicates of its pipes.
  mutating func addListener(_ listener: Listener) {
    listeners.append(listener)
    introduceListener(listeners.count - 1)
  }

  mutating func listenerEnded(_ id: InstanceID) {
    guard let index = listeners.firstIndex(where: { $0.instance == id }) else { return }
    tellEvents(.listenerEnded(instance: UInt32(id.index)))
    listeners.remove(at: index).close()
  }

  mutating func heard(_ message: EventsMessage) {
    switch message {
    case .say(let level, let text): narrator.say(Supervisor.LogLevel(level), text)
    case .copy(let heading, let output): narrator.copy(heading: heading, output: output)
    case .listening(let instance, let state):
      guard let index = listeners.firstIndex(where: { $0.instance.index == Int(instance) }) else {
        return
      }
      listeners[index].state = state
    case .delivered: eventsDelivered()
    case .verbosity, .pool, .removePool, .listener, .listenerOutput, .listenerLog, .listenerState,
      .listenerEnded, .event, .part, .loggerChannel, .deliver, .finish:
      break
    }
  }

  /// The end of the last program is behind them on the channel, so the answer comes after it.
  mutating func deliverEvents() {
    guard helpers[.events].link.isRunning else { return events.append(.eventsDelivered) }
    isDeliveringEvents = true
    tellEvents(.deliver)
  }

  /// Or they never will be: the events role has ended.
  mutating func eventsDelivered() {
    isDeliveringEvents = false
    deliver(.eventsDelivered)
  }

  mutating func emit(_ type: EventType, _ payload: [UInt8] = []) {
    guard helpers[.events].link.isRunning else { return }
    for record in EventsMessage.records(type, payload) { tell(.events, record) }
  }
}

/// The pipes of one listener: duplicates of what the role has, kept for the next one.
struct Listener {
  var instance: InstanceID
  /// The write end of its stdin.
  var input: Int32
  /// The read end of its stdout.
  var output: Int32
  /// Where its stdout is logged.
  var log: Int32?
  var state = ListenerState.acknowledged

  func close() {
    closeDescriptor(input)
    closeDescriptor(output)
  }
}

extension Configuration {
  var hasListeners: Bool {
    units.contains { unit in
      guard case .program(let program) = unit.work else { return false }
      return program.kind.isListener
    }
  }
}

extension Supervisor.LogLevel {
  fileprivate init(_ level: EventsMessage.Level) {
    switch level {
    case .debug: self = .debug
    case .info: self = .information
    case .warning: self = .warning
    case .error: self = .error
    case .critical: self = .critical
    }
  }
}
