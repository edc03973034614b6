internal import EventsProtocol
internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// The control socket: lines of words in, JSON lines out.
extension Kernel {
  /// A client from the control socket, or handed over by the gateway.
  mutating func admit(_ descriptor: Int32, _ origin: ClientOrigin) {
    switch ClientShares.admission(of: origin, among: clients) {
    case .admit: break
    case .replace(let index): drop(index)
    case .refuse: return turnAway(descriptor, origin)
    }
    guard let token = try? watch(descriptor, .client) else {
      return turnAway(descriptor, origin)
    }
    clients.append(ControlClient(descriptor, token, origin))
  }

  private mutating func turnAway(_ descriptor: Int32, _ origin: ClientOrigin) {
    let refusal = AnswerRenderer.refusal("too many clients")
    _ = try? sendBytes(descriptor, refusal, refusal.indices)
    close(descriptor, of: origin)
  }

  mutating func serve(_ event: Poller.Event) {
    guard let index = clients.firstIndex(where: { $0.token == event.token }) else { return }
    if event.interest.contains(.writable), !clients[index].flush() {
      clients[index].isFinished = true
    }
    if clients[index].isListening, event.interest.contains(.hangup) {
      drop(index)
    } else if event.interest.contains(.readable) || event.interest.contains(.hangup) {
      read(index)
    }
    clientsHaveChanged = true
  }

  private mutating func read(_ index: Int) {
    switch clients[index].read(&buffer) {
    case .nothing: break
    case .line(let line): answer(ControlRequest(line), index)
    case .tooLong: refuse("the request is too long", index)
    case .halfGone: clients[index].isListening = true
    case .gone: drop(index)
    }
  }

  private mutating func drop(_ index: Int) {
    let ask = clients[index].ask
    unwatch(clients[index].descriptor, clients[index].token)
    let client = clients.remove(at: index)
    close(client.descriptor, of: client.origin)
    guard let ask else { return }
    if let news = changes.abandon(ask) { publish(news) }
    deliver(.hungUp(ask))
  }

  /// Those who have got everything leave; those who have not are told when they can take more.
  mutating func updateClients() {
    clientsHaveChanged = false
    for index in clients.indices.reversed() {
      if clients[index].followsJournal, !clients[index].flush() {
        clients[index].isFinished = true
      }
      if clients[index].isFinished, !clients[index].hasPending {
        drop(index)
      } else if let interest = clients[index].changedInterest() {
        change(clients[index].descriptor, interest, clients[index].token)
      }
    }
  }

  /// When the rest of an answer is sent again; nil: all is sent, or waits for the client.
  var nextClientDeadline: Instant? { clients.lazy.compactMap(\.retryAt).min() }

  mutating func flushDelayedClients() {
    let now = Kernel.now
    for index in clients.indices {
      guard let due = clients[index].retryAt, due <= now else { continue }
      if !clients[index].flush() { clients[index].isFinished = true }
      clientsHaveChanged = true
    }
  }

  private mutating func answer(_ request: ControlRequest, _ index: Int) {
    switch request {
    case .fleet(let request): ask(request, index)
    case .start(let names, _), .restart(let names, _): answerStart(names, request, index)
    case .stop(let names, let waits):
      ask(.stop(names, waits: waits, crons: !clients[index].isOfGateway), index)
    case .status: send(status(), index)
    case .health: send(health(), index)
    case .metrics: scrape(index)
    case .pid(let names): send(pids(names), index)
    case .log(let name, let isError): send(logPath(name, isError), index)
    case .journal: send(retainedJournal(), index)
    case .events: clients[index].followsJournal = true
    case .follow:
      clients[index].followsJournal = true
      _ = clients[index].append(JournalRenderer.header(journal.wallTime))
      _ = clients[index].flush()
    case .version: send(AnswerRenderer.object { $0.field("version", version) }, index)
    case .refused(let message): refuse(message, index)
    #if DEBUG
      case .trap: preconditionFailure("requested by a test")
    #endif
    case .scale(let program, let count): scale(program, to: count, index)
    case .information, .configurations, .state, .openLog, .openMainLog, .clearLog, .clearMainLog,
      .reread, .reload, .addGroup, .removeGroup, .updateCron, .updateSteps, .input, .remoteEvent:
      answerAsSupervisord(request, index)
    }
  }

  /// While it goes down supervisord answers nothing but that.
  private mutating func answerAsSupervisord(_ request: ControlRequest, _ index: Int) {
    if fleet.phase != .up, !request.isAnsweredToTheEnd {
      return send(AnswerRenderer.fault("SHUTDOWN_STATE"), index)
    }
    switch request {
    case .information(let names): send(information(names), index)
    case .configurations: send(configurations(), index)
    case .state: send(state(), index)
    case .addGroup(let name): send(add(group: name), index, .addGroup, [name])
    case .removeGroup(let name): send(remove(group: name), index, .removeGroup, [name])
    case .updateCron(let name): send(update(cron: name), index, .updateCron, [name])
    case .updateSteps: send(updateSteps(), index, .updateSteps)
    case .reread: tryConfiguration(.difference(clients[index].identity))
    case .reload:
      publish(.requested(ClientChange(.reload, by: clients[index].origin)))
      tryConfiguration(.reload(clients[index].identity))
    case .openLog(let name, let isError): openLog(name, isError: isError, index)
    case .openMainLog: openMainLog(index)
    case .clearLog(let names): clearLogs(names, index)
    case .clearMainLog: clearMainLog(index)
    case .input(let name, let bytes):
      send(write(bytes, toInputOf: name), index, .input(bytes: bytes.count), [name])
    case .remoteEvent(let type, let data): emitRemoteEvent(type, data, index)
    case .start, .stop, .restart, .fleet, .status, .pid, .log, .journal, .events, .follow, .health,
      .metrics, .version, .scale, .refused:
      break
    #if DEBUG
      case .trap: break
    #endif
    }
  }

  /// supervisord's sendRemoteCommEvent: any text becomes an event of the listeners.
  private mutating func emitRemoteEvent(_ type: [UInt8], _ data: [UInt8], _ index: Int) {
    let type = String(decoding: type, as: UTF8.self)
    let data = String(decoding: data, as: UTF8.self)
    emit(.remoteCommunication, EventPayload.remoteCommunication(type: type, data: data))
    send(AnswerRenderer.accepted, index, .remoteEvent(type: type))
  }

  private mutating func ask(_ request: Request, _ index: Int) {
    ask(request, index, by: clients[index].origin)
  }

  /// Without a client, which has closed its connection meanwhile, the answer goes nowhere.
  mutating func ask(_ request: Request, _ index: Int?, by origin: ClientOrigin) {
    let ask = AskID(nextAsk)
    nextAsk += 1
    if let index { clients[index].ask = ask }
    if let (action, targets) = request.change {
      let change = ClientChange(action, targets, by: origin)
      changes.begin(ask, change)
      publish(.requested(change))
    }
    deliver(.asked(ask, request))
  }

  /// To somebody who has waited, and may have gone.
  mutating func send(_ bytes: [UInt8], to client: ConfigurationTrial.Client) {
    guard let index = clients.firstIndex(where: { $0.identity == client }) else { return }
    send(bytes, index)
    clientsHaveChanged = true
  }

  mutating func refuse(_ message: String, _ index: Int) {
    send(AnswerRenderer.refusal(message), index)
  }

  /// A whole answer.
  mutating func send(_ bytes: [UInt8], _ index: Int) {
    let end = AnswerRenderer.line(.end, fleet.plan)
    clients[index].isFinished = true
    if clients[index].append(bytes + end) { _ = clients[index].flush() }
  }

  /// A line of an answer that comes piece by piece.
  mutating func reply(_ ask: AskID, _ answer: Answer) {
    changes.note(ask, answer, fleet.plan)
    if answer == .end, let news = changes.end(ask) { publish(news) }
    guard let index = clients.firstIndex(where: { $0.ask == ask }) else { return }
    let line = AnswerRenderer.line(answer, fleet.plan, because: explanation(of: answer))
    let fits = clients[index].append(line)
    if answer == .end || !fits {
      clients[index].isFinished = true
      clients[index].ask = nil
      clientsHaveChanged = true
    }
    if !clients[index].flush() { clients[index].isFinished = true }
  }
}
