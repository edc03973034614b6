internal import EventsProtocol
internal import Linux

/// What result handlers print, at the pace of the reader of stdout.
extension EventsLoop {
  private static let token = Token(slot: Slot.console, generation: 0)

  mutating func show(_ text: [UInt8]) {
    guard !text.isEmpty else { return }
    let wasStuck = console.isStuck
    console.write(text)
    guard console.isStuck, !wasStuck else { return }
    poller.addWaiting(Console.descriptor, .writable, EventsLoop.token)
    readShownListeners(false)
  }

  mutating func consoleTakesMore() {
    console.flush()
    guard !console.isStuck else { return }
    lines.restartWaiting(at: monotonicNanoseconds())
    poller.remove(Console.descriptor)
    readShownListeners(true)
  }

  private func readShownListeners(_ isRead: Bool) {
    for index in pipes.indices {
      guard let pipes = pipes[index], let output = pipes.output, broker.shows(pipes.instance) else {
        continue
      }
      poller.changeWaiting(output, isRead ? .readable : [], token(index, Slot.output))
    }
  }
}
