internal import EventsProtocol

/// What listeners say, and the lines supervisord's main log has about it (section 2.8).
extension Pool {
  mutating func heard(
    _ index: Int, _ bytes: ArraySlice<UInt8>, at now: UInt64, into effects: inout [BrokerEffect]
  ) {
    var steps: [ListenerMachine.Step] = []
    change(index) { $0.machine.take(bytes, into: &steps) }
    let name = listeners[index].name
    for step in steps {
      switch step {
      case .becameReady: trace(name, .acknowledged, .ready, &effects)
      case .answered(let result):
        guard answered(index, result, at: now, &effects) else { return }
      case .badResult(let line):
        effects.append(.say(.warning, "\(name): bad result line: '\(Pool.shown(line))'"))
        trace(name, .busy, .unknown, &effects)
        giveBack(index, &effects)
      case .violated(let state): trace(name, state, .unknown, &effects)
      }
    }
  }

  /// As supervisord's `handle_result`. False: the handler failed, and what the listener wrote after
  /// the result means nothing.
  private mutating func answered(
    _ index: Int, _ result: [UInt8], at now: UInt64, _ effects: inout [BrokerEffect]
  ) -> Bool {
    let name = listeners[index].name
    switch description.resultHandler.outcome(of: result) {
    case .processed(let printed):
      if let printed { effects.append(.show(printed, isMarked: description.marksLines)) }
      effects.debug("\(name): event was processed")
      trace(name, .busy, .acknowledged, &effects)
      change(index) { $0.processed() }
      return true
    case .rejected:
      effects.append(.say(.warning, "\(name): event was rejected"))
      trace(name, .busy, .acknowledged, &effects)
      change(index) { $0.rejected(at: now) }
      giveBack(index, &effects)
      return true
    case .failed:
      effects.append(.say(.warning, "\(name): event caused an error"))
      change(index) { $0.machine.handlerFailed() }
      trace(name, .busy, .unknown, &effects)
      giveBack(index, &effects)
      return false
    }
  }

  mutating func received(_ index: Int, into effects: inout [BrokerEffect]) {
    guard let event = listeners[index].event else { return }
    change(index) { $0.received() }
    effects.debug("event \(event.serial) sent to listener \(listeners[index].name)")
  }

  /// An event that is on its way goes to another; one that it has got it may still answer.
  mutating func becameDeaf(_ index: Int, into effects: inout [BrokerEffect]) {
    change(index) { $0.isDeaf = true }
    let listener = listeners[index]
    if listener.machine.state == .busy, listener.event != nil, !listener.hasEvent {
      takeBack(index)
    }
  }

  private mutating func giveBack(_ index: Int, _ effects: inout [BrokerEffect]) {
    var event: PoolEvent?
    change(index) { event = $0.giveBack() }
    if let event { insertAgain(event, atHead: true, &effects) }
  }

  private func trace(
    _ name: String, _ from: ListenerState, _ to: ListenerState, _ effects: inout [BrokerEffect]
  ) {
    effects.debug("\(name): \(from.name) -> \(to.name)")
    guard to == .unknown else { return }
    effects.append(
      .say(
        .warning,
        "\(name): has entered the UNKNOWN state and will no longer receive events, this "
          + "usually indicates the process violated the eventlistener protocol"))
  }

  private static func shown(_ line: [UInt8]) -> String {
    if let text = String(validating: line, as: UTF8.self) { return text }
    return "Undecodable: " + String(decoding: PythonText.bytes(line[...]), as: UTF8.self)
  }
}
