internal import EventsProtocol
internal import GatewayProtocol
internal import Linux
internal import LoggerProtocol
internal import MeterProtocol
internal import NotifyProtocol
internal import ProgramSpec
internal import SuperviseCore

/// What all helpers have in common: they are started when they are first needed, and again whenever
/// they die; what they are to know is told them anew each time.
extension Kernel {
  /// Not while it is held back after having died again and again.
  mutating func startIfNeeded(_ kind: HelperKind) {
    guard isNeeded(kind), !helpers[kind].link.isRunning, helpers[kind].life.dueAt == nil else {
      return
    }
    restart(kind)
  }

  private func isNeeded(_ kind: HelperKind) -> Bool {
    switch kind {
    case .logger: output.needsLogger
    case .gateway: !servers.isEmpty
    case .events: configuration.hasListeners
    case .meter: hasMeasured
    case .notify: hasNotifyingPrograms
    }
  }

  /// Also repeats what a channel had no memory for.
  mutating func startDueHelpers() {
    let now = Kernel.now
    for kind in HelperKind.allCases {
      if helpers[kind].life.isDue(at: now) { restart(kind) }
      if let due = helpers[kind].link.retryAt, due <= now { flush(kind) }
    }
  }

  /// When a role is to be started again, or a record to be sent again; nil: never.
  var nextHelperDeadline: Instant? {
    HelperKind.allCases.flatMap { [helpers[$0].life.dueAt, helpers[$0].link.retryAt] }
      .compactMap { $0 }.min()
  }

  private mutating func restart(_ kind: HelperKind) {
    helpers[kind].life.began(at: Kernel.now)
    do { try start(kind) } catch {
      narrator.say(.critical, "cannot start the \(kind.name): \(error.message)")
      helpers[kind].life.ended(at: Kernel.now)
    }
  }

  private mutating func start(_ kind: HelperKind) throws(Errno) {
    let channel = try makeMessageChannel()
    defer { closeDescriptor(channel.theirs) }
    var streams = Launch.Streams(input: nil, output: 1, error: 2)
    streams.extra = (channel.theirs, LongLivedRole.channel)
    let pid: Int32
    do { pid = try startHelper(Launch(recipes.role(kind.role, [kind.title])), streams) } catch {
      closeDescriptor(channel.ours)
      throw error
    }
    children.add(pid, .helper(kind))
    FaultHandler.noteRole(pid, isRunning: true)
    helpers[kind].link.attach(channel: channel.ours, pid: pid)
    helpers[kind].watch = RoleWatch()
    do throws(Errno) { helpers[kind].token = try watch(channel.ours, .helper(kind)) } catch {
      // Nobody could hear it. It is replaced as one that ends.
      helpers[kind].link.detach()
      try? sendSignal(Signal.kill.number, toProcess: pid)
      children.forget(pid)
      throw error
    }
    switch kind {
    case .logger: introduceLogger()
    case .gateway: introduceGateway()
    case .events: introduceEvents()
    case .meter: introduceMeter()
    case .notify: introduceNotify()
    }
    waitUntilListening(kind)
  }

  mutating func tell(
    _ kind: HelperKind, _ record: [UInt8], passing descriptor: Int32? = nil, closing: Bool = false
  ) {
    guard helpers[kind].link.isRunning else {
      if closing, let descriptor { closeDescriptor(descriptor) }
      return
    }
    helpers[kind].link.send(record, passing: descriptor, closing: closing, at: Kernel.now)
    noteTraffic(of: kind)
    if helpers[kind].link.waitsForRoom { waitUntilListening(kind) }
    replaceIfStuck(kind)
  }

  private mutating func flush(_ kind: HelperKind) {
    helpers[kind].link.flush(at: Kernel.now)
    waitUntilListening(kind)
    replaceIfStuck(kind)
  }

  /// A role that a record cannot reach, or that has not read for long, is ended: its successor is
  /// told everything again.
  private mutating func replaceIfStuck(_ kind: HelperKind) {
    guard let pid = helpers[kind].link.pid, let fault = helpers[kind].link.condemn() else { return }
    kill(pid, "the \(kind.name) \(fault)")
  }

  /// While the channel is full its becoming writable wakes the loop; else nothing does.
  mutating func waitUntilListening(_ kind: HelperKind) {
    guard let channel = helpers[kind].link.channel, let token = helpers[kind].token else { return }
    let interest: Interest = helpers[kind].link.waitsForRoom ? [.readable, .writable] : .readable
    change(channel, interest, token)
  }

  /// Further messages wait for the next wake-up, behind signals and other events.
  private static let maxMessagesPerWakeUp = 64

  mutating func talk(to kind: HelperKind) {
    flush(kind)
    do {
      for _ in 0..<Kernel.maxMessagesPerWakeUp {
        guard let record = try helpers[kind].link.receive(&buffer) else { return }
        if !isAnswer(record, of: kind) { heard(kind, record) }
      }
    } catch {
      // The kernel had no memory for a record, which stays in the channel: the poller reports it
      // again.
      guard !error.isTransient else { return }
      // The role has closed its end of the channel; SIGCHLD reports the rest.
      forgetChannel(of: kind)
    }
  }

  private mutating func heard(_ kind: HelperKind, _ record: ArraySlice<UInt8>) {
    switch kind {
    case .logger: LoggerMessage(record).map { heard($0) }
    case .events: EventsMessage(record).map { heard($0) }
    case .meter: MeterMessage(record).map { heard($0) }
    case .notify: NotifyMessage(record).map { heard($0) }
    case .gateway: GatewayMessage(record).map { heard($0) }
    }
  }

  private mutating func forgetChannel(of kind: HelperKind) {
    guard let channel = helpers[kind].link.channel, let token = helpers[kind].token else { return }
    unwatch(channel, token)
    helpers[kind].token = nil
  }

  /// What was asked of a role that has ended has no other answer.
  private mutating func answerRequests(waitingFor kind: HelperKind) {
    switch kind {
    case .logger:
      finishScrapes()
      finishClearings()
      finishLogReadings()
    case .events: if isDeliveringEvents { eventsDelivered() }
    case .gateway, .meter, .notify: break
    }
  }

  mutating func helperEnded(_ kind: HelperKind, _ child: EndedChild) {
    FaultHandler.noteRole(child.pid, isRunning: false)
    forgetChannel(of: kind)
    helpers[kind].link.detach()
    helpers[kind].watch = RoleWatch()
    answerRequests(waitingFor: kind)
    guard fleet.phase != .sweeping, fleet.phase != .finished else { return }
    if fleet.phase == .flushing {
      if isFlushed { deliver(.outputFlushed) }
      return
    }
    helpers[kind].life.ended(at: Kernel.now)
    if let failure = setUpFailure(of: child) { noteFailedSetUp(failure) }
    narrator.say(
      .critical, "the \(kind.name) ended (\(status(of: child).text)); starting it again")
    startDueHelpers()
  }
}
