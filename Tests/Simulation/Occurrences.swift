import SuperviseCore

/// Something that has to occur in some of many histories: else the simulation has stopped testing
/// it, and no history fails for that.
enum Occurrence: Hashable {
  /// What a state belongs to.
  enum Machine: String, CaseIterable { case program, task, wait, cron }

  case event(EventKind)
  case request(RequestKind)
  case effect(EffectKind)
  case answer(AnswerKind)
  case fault(FaultKind)
  case journal(JournalKind)
  case state(Machine, StateName)
  case reason(ReasonKind)
  case cause(CauseKind)
  case health(HealthKind)
  case cron(CronKind)
  case skip(SkipKind)
  case notification(NotificationKind)
  case injected(InjectedFault)
}

/// What has occurred in one history, or in several.
struct Occurrences {
  private var found: Set<Occurrence> = []

  mutating func insert(_ occurrence: Occurrence) { found.insert(occurrence) }

  mutating func insert(_ kinds: Set<InjectedFault>) {
    for kind in kinds { found.insert(.injected(kind)) }
  }

  mutating func add(_ others: Occurrences) { found.formUnion(others.found) }

  /// Names of what should have occurred and has not.
  var missing: [String] { Occurrence.expected.filter { !found.contains($0) }.map(\.text).sorted() }

  mutating func note(_ event: Event) {
    insert(.event(event.kind))
    if case .asked(_, let request) = event { insert(.request(request.kind)) }
  }

  mutating func note(_ effect: Effect, _ plan: Plan) {
    insert(.effect(effect.kind))
    switch effect {
    case .reply(_, let answer):
      insert(.answer(answer.kind))
      if case .fault(_, let fault, _) = answer { insert(.fault(fault.kind)) }
    case .record(let record): note(record, plan)
    case _: break
    }
  }

  private mutating func note(_ record: Record, _ plan: Plan) {
    insert(.journal(record.happening.kind))
    switch record.happening {
    case .moved(_, let to, _, let reason):
      if let reason { insert(.reason(reason.kind)) }
      if let machine = record.instance.flatMap({ Occurrence.Machine(plan.node(of: $0).rules) }) {
        insert(.state(machine, to))
      }
    case .shutdownBegan(let cause): insert(.cause(cause.kind))
    case .health(let news): insert(.health(news.kind))
    case .cron(let news):
      insert(.cron(news.kind))
      if case .skipped(let reason) = news { insert(.skip(reason.kind)) }
    case _: break
    }
  }
}

extension Occurrence.Machine {
  init?(_ rules: Rules) {
    switch rules {
    case .program: self = .program
    case .task: self = .task
    case .wait: self = .wait
    case .cron: self = .cron
    case .barrier: return nil
    }
  }

  /// The states that the journal shows of it.
  func has(_ state: StateName) -> Bool {
    switch (self, state) {
    case (_, .waiting), (_, .ready): self == .program && state == .ready
    case (.program, .stopped), (.program, .starting), (.program, .running), (.program, .backoff),
      (.program, .stopping), (.program, .exited), (.program, .fatal), (.program, .unknown):
      true
    case (.program, .retrying), (.program, .passed), (.program, .succeeded), (.program, .failed):
      false
    case (.task, .stopped), (.task, .running), (.task, .stopping), (.task, .retrying),
      (.task, .succeeded), (.task, .failed), (.cron, .stopped), (.cron, .running),
      (.cron, .stopping), (.cron, .retrying), (.cron, .succeeded), (.cron, .failed):
      true
    case (.wait, .stopped), (.wait, .running), (.wait, .passed), (.wait, .failed): true
    case (.task, _), (.cron, _), (.wait, _): false
    }
  }
}

extension Occurrence {
  static var expected: [Occurrence] {
    var all = EventKind.allCases.map(Occurrence.event)
    all += RequestKind.allCases.map(Occurrence.request)
    all += EffectKind.allCases.map(Occurrence.effect)
    all += AnswerKind.allCases.map(Occurrence.answer)
    all += FaultKind.allCases.map(Occurrence.fault)
    all += JournalKind.allCases.filter(\.isOfCore).map(Occurrence.journal)
    all += ReasonKind.allCases.map(Occurrence.reason)
    all += CauseKind.allCases.map(Occurrence.cause)
    all += HealthKind.allCases.map(Occurrence.health)
    all += CronKind.allCases.filter(\.isOfCore).map(Occurrence.cron)
    all += SkipKind.allCases.map(Occurrence.skip)
    all += NotificationKind.allCases.map(Occurrence.notification)
    all += InjectedFault.allCases.map(Occurrence.injected)
    for machine in Machine.allCases {
      all += StateName.allCases.filter(machine.has).map { .state(machine, $0) }
    }
    return all
  }

  var text: String {
    switch self {
    case .event(let kind): "event \(kind.rawValue)"
    case .request(let kind): "request \(kind.rawValue)"
    case .effect(let kind): "effect \(kind.rawValue)"
    case .answer(let kind): "answer \(kind.rawValue)"
    case .fault(let kind): "fault \(kind.rawValue)"
    case .journal(let kind): "journal event \(kind.rawValue)"
    case .state(let machine, let state): "state \(state.rawValue) of a \(machine.rawValue)"
    case .reason(let kind): "reason \(kind.rawValue)"
    case .cause(let kind): "cause of a shutdown \(kind.rawValue)"
    case .health(let kind): "health \(kind.rawValue)"
    case .cron(let kind): "cron \(kind.rawValue)"
    case .skip(let kind): "skipped run \(kind.rawValue)"
    case .notification(let kind): "notification \(kind.rawValue)"
    case .injected(let kind): "injected fault \(kind.rawValue)"
    }
  }
}

extension JournalKind {
  /// The rest is recorded by PID 1's runtime when it changes the configuration or serves clients.
  fileprivate var isOfCore: Bool {
    switch self {
    case .groupAdded, .groupRemoved, .stepsChanged, .scaled, .client: false
    case .moved, .restartScheduled, .signalSent, .stopAwaited, .deathsAwaited, .signalRefused,
      .announced, .probeFailed, .health, .stopCommandFailed, .signalReceived, .startCompleted,
      .startStalled, .heldUp, .shutdownBegan, .shutdownHurried, .processesAbandoned, .finished,
      .cron:
      true
    }
  }
}

extension CronKind {
  fileprivate var isOfCore: Bool {
    switch self {
    case .fired, .skipped: true
    case .added, .removed: false
    }
  }
}
