internal import EventsProtocol
internal import Linux
internal import LoggerProtocol

/// Events for listeners, on their way to the events role.
extension LoggerLoop {
  private var eventsToken: Token { Token(slot: Slot.events, generation: events.generation) }

  mutating func attachEvents(_ descriptor: Int32) {
    if let old = events.channel { poller.remove(old) }
    events.attach(descriptor)
    poller.addWaiting(descriptor, interest, eventsToken)
    reportLostEvents()
  }

  /// The other end says nothing; that it has gone is always told.
  private var interest: Interest { events.hasBacklog ? .writable : [] }

  mutating func sendEvents() {
    let had = events.hasBacklog
    for event in product.events { events.send(event.type, event.payload) }
    if events.hasBacklog != had { watchEvents() }
    reportLostEvents()
  }

  mutating func eventsChannelChanged(_ event: Poller.Event) {
    guard event.token == eventsToken, let channel = events.channel else { return }
    if event.interest.contains(.hangup) {
      poller.remove(channel)
      return events.detach()
    }
    events.flush()
    if !events.hasBacklog { watchEvents() }
    reportLostEvents()
  }

  private func watchEvents() {
    guard let channel = events.channel else { return }
    poller.changeWaiting(channel, interest, eventsToken)
  }

  mutating func reportLostEvents(isEnd: Bool = false) {
    if let count = events.takeLost(isEnd: isEnd) { tell(.eventsLost(count)) }
  }
}
