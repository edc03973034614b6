internal import EventsProtocol
internal import Linux

/// The events role's one loop: messages of PID 1 and the logger, output of listeners, and time.
///
/// It decides nothing: what happens is told to the broker, and what the broker wants is done.
struct EventsLoop: ~Copyable {
  /// What an event of the poller is about, as the slot of its token; a listener has three.
  enum Slot {
    static let channel: UInt32 = 0
    static let logger: UInt32 = 1
    static let console: UInt32 = 2
    static let listeners: UInt32 = 4
    static let output: UInt32 = 0
    static let input: UInt32 = 1
    static let log: UInt32 = 2
    static let each: UInt32 = 4
    static let mostListeners = 1 << 20
  }

  var poller: Poller
  var broker = EventBroker()
  var ticks = TickSource()
  var fromKernel: MessageReader
  var toKernel: Mailbox
  var fromLogger: MessageReader?
  var loggerGeneration: UInt32 = 0
  var pipes: [ListenerPipes?] = []
  var console = Console()
  var lines = ShownLines()
  var generations: UInt32 = 0
  var isVerbose = false
  var isFinished = false
  /// PID 1 waits to hear that no listener is to be told anything more.
  var owesDelivery = false
  var buffer = readBuffer(size: EventsMessage.longest)
  private var effects: [BrokerEffect] = []
  private var wantsToTalk = false

  init(channel: Int32) throws(Errno) {
    fromKernel = MessageReader(channel)
    toKernel = Mailbox(channel)
    poller = try Poller()
  }

  mutating func run() {
    poller.addWaiting(fromKernel.channel, .readable, Token(slot: Slot.channel, generation: 0))
    while !isFinished {
      let count = (try? poller.wait(milliseconds: timeout())) ?? 0
      // What was logged came before whatever PID 1 has to say about the end of who wrote it.
      for slot in [Slot.logger, Slot.channel, Slot.console] {
        for index in 0..<count where poller.event(index).token.slot == slot {
          handle(poller.event(index))
        }
      }
      for index in 0..<count where poller.event(index).token.slot >= Slot.listeners {
        handle(poller.event(index))
      }
      passTime()
      report()
    }
    show(lines.release(at: .max))
  }

  private mutating func handle(_ event: Poller.Event) {
    switch event.token.slot {
    case Slot.channel:
      toKernel.flush()
      readKernel()
    case Slot.logger: readLogger(event.token.generation)
    case Slot.console: consoleTakesMore()
    default: listenerChanged(event)
    }
  }

  /// Tells the broker, and does what it wants until it wants nothing more.
  mutating func tell(_ event: BrokerEvent) {
    broker.on(event, at: monotonicNanoseconds(), into: &effects)
    while !effects.isEmpty {
      let wanted = effects
      effects = []
      for effect in wanted { perform(effect) }
    }
  }

  private mutating func perform(_ effect: BrokerEffect) {
    switch effect {
    case .send(let instance, let envelope):
      let answer: BrokerEvent =
        write(envelope, to: instance)
        ? .listenerReceived(instance: instance) : .listenerDeaf(instance: instance)
      broker.on(answer, at: monotonicNanoseconds(), into: &effects)
    case .show(let printed, true):
      show(lines.take(printed.output, of: printed.name, at: monotonicNanoseconds()))
    case .show(let printed, false): show(printed.name + printed.output)
    case .say(let level, let text):
      if level != .debug || isVerbose { toKernel.say(level, text) }
    case .sayLimited(let level, let text):
      toKernel.sayLimited(level, text, at: monotonicNanoseconds())
    }
  }

  private mutating func passTime() {
    for tick in ticks.due(at: WallTime.now().seconds, broker.isSubscribed) {
      tell(.happened(tick.type, payload: tick.payload))
    }
    if let deadline = broker.nextDeadline, deadline <= monotonicNanoseconds() {
      tell(.deadlinePassed)
    }
    if !console.isStuck { show(lines.release(at: monotonicNanoseconds())) }
    toKernel.countLeftOut(at: monotonicNanoseconds())
  }

  /// Milliseconds until there is something to do unasked; nil: never.
  private func timeout() -> Int32? {
    let wall = WallTime.now()
    let tick = ticks.milliseconds(after: wall.seconds, Int64(wall.milliseconds))
    let release = console.isStuck ? nil : lines.nextRelease
    let deadlines = [broker.nextDeadline, toKernel.nextReport, release].compactMap { $0 }
    let rest = deadlines.min().map { deadline in
      let now = monotonicNanoseconds()
      return deadline > now ? Int64(clamping: (deadline - now) / 1_000_000 + 1) : 0
    }
    return [tick, rest].compactMap { $0 }.min().map { Int32(clamping: $0) }
  }

  /// PID 1 is told where its listeners stand, once for all that has happened in between.
  private mutating func report() {
    for index in pipes.indices {
      guard let pipes = pipes[index], let state = broker.state(of: pipes.instance),
        state != pipes.reported
      else { continue }
      guard toKernel.send(.listening(instance: pipes.instance, state)) else { break }
      self.pipes[index]?.reported = state
    }
    if owesDelivery, broker.isSettled, toKernel.send(.delivered) { owesDelivery = false }
    let wants = !toKernel.isEmpty || hasUnreported || (owesDelivery && broker.isSettled)
    guard wants != wantsToTalk else { return }
    wantsToTalk = wants
    let interest: Interest = wants ? [.readable, .writable] : .readable
    poller.changeWaiting(fromKernel.channel, interest, Token(slot: Slot.channel, generation: 0))
  }

  private var hasUnreported: Bool {
    pipes.contains { pipes in
      guard let pipes, let state = broker.state(of: pipes.instance) else { return false }
      return state != pipes.reported
    }
  }
}
