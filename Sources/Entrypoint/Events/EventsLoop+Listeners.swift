internal import EventsProtocol
internal import Linux

/// The pipes of listeners.
extension EventsLoop {
  /// Bytes, so that no listener can keep the loop for itself.
  private static let mostLastWords = 1 << 20
  /// Bytes of one read that are shown in the main log.
  private static let mostTraced = 1024

  mutating func start(_ description: ListenerDescription, input: Int32) {
    end(description.instance)
    let vacancy = pipes.firstIndex { $0 == nil } ?? pipes.count
    guard vacancy < Slot.mostListeners else { return closeDescriptor(input) }
    if vacancy == pipes.count { pipes.append(nil) }
    generations &+= 1
    pipes[vacancy] = ListenerPipes(description, generation: generations, input: input)
    // Our end of the pipe and PID 1's are one open file; the listener's is another.
    try? makeNonBlocking(input)
    poller.addWaiting(input, [], token(vacancy, Slot.input))
    tell(.listenerStarted(description))
    closeForgottenPipes()
  }

  mutating func listen(to instance: UInt32, output: Int32) {
    guard let index = index(of: instance), pipes[index]?.output == nil else {
      return closeDescriptor(output)
    }
    try? makeNonBlocking(output)
    pipes[index]?.output = output
    poller.addWaiting(output, .readable, token(index, Slot.output))
  }

  /// The pipe belongs to PID 1 and other streams too: it stays as it is, blocking.
  mutating func log(_ instance: UInt32, to descriptor: Int32) {
    guard let index = index(of: instance), pipes[index]?.log == nil else {
      return closeDescriptor(descriptor)
    }
    pipes[index]?.log = Outbox(descriptor)
    poller.addWaiting(descriptor, [], token(index, Slot.log))
  }

  /// Its process is gone, and its last words may still be in the pipe: an answer, perhaps.
  mutating func end(_ instance: UInt32) {
    guard let index = index(of: instance) else { return }
    tell(.listenerRunning(instance: instance, false))
    var taken = 0
    while taken < EventsLoop.mostLastWords, let count = read(index), count > 0 { taken += count }
    tell(.listenerEnded(instance: instance))
    close(index)
  }

  /// Those that no pool knows.
  mutating func closeForgottenPipes() {
    for index in pipes.indices {
      guard let instance = pipes[index]?.instance, broker.state(of: instance) == nil else {
        continue
      }
      close(index)
    }
  }

  /// False when its stdin is closed.
  mutating func write(_ envelope: [UInt8], to instance: UInt32) -> Bool {
    guard let index = index(of: instance), pipes[index]?.input != nil else { return false }
    do throws(Errno) {
      try pipes[index]?.input?.write(envelope)
      watch(index)
      return true
    } catch {
      closeInput(index)
      return false
    }
  }

  mutating func listenerChanged(_ event: Poller.Event) {
    let index = Int((event.token.slot - Slot.listeners) / Slot.each)
    guard index < pipes.count, let tenant = pipes[index],
      tenant.generation == event.token.generation
    else { return }
    switch (event.token.slot - Slot.listeners) % Slot.each {
    case Slot.output: _ = read(index)
    case Slot.input: inputChanged(index, event.interest)
    default: logChanged(index, event.interest)
    }
  }

  private mutating func inputChanged(_ index: Int, _ interest: Interest) {
    guard let instance = pipes[index]?.instance else { return }
    do throws(Errno) {
      if interest.contains(.hangup) { throw .brokenPipe }
      try pipes[index]?.input?.flush()
      watch(index)
    } catch {
      closeInput(index)
      tell(.listenerDeaf(instance: instance))
    }
  }

  private mutating func logChanged(_ index: Int, _ interest: Interest) {
    do throws(Errno) {
      if interest.contains(.hangup) { throw .brokenPipe }
      try pipes[index]?.log?.flush()
      watch(index)
    } catch { closeLog(index) }
  }

  private mutating func appendToLog(_ index: Int, _ bytes: ArraySlice<UInt8>) {
    do throws(Errno) {
      try pipes[index]?.appendToLog(bytes)
      watch(index)
    } catch { closeLog(index) }
  }

  /// How much there was; nil for nothing now, zero for nothing ever again.
  private mutating func read(_ index: Int) -> Int? {
    guard let tenant = pipes[index], let output = tenant.output else { return nil }
    do throws(Errno) {
      let count = try readBytes(output, into: &buffer)
      guard count > 0 else { throw .brokenPipe }
      let bytes = Array(buffer[..<count])
      appendToLog(index, bytes[...])
      trace(tenant.name, bytes)
      tell(.listenerWrote(instance: tenant.instance, bytes[...]))
      return count
    } catch {
      if error.isTransient { return nil }
      poller.remove(output)
      pipes[index]?.closeOutput()
      return 0
    }
  }

  /// As supervisord shows what a listener writes at `loglevel=debug`; more than one line of the
  /// main log holds is cut off.
  private mutating func trace(_ name: String, _ bytes: [UInt8]) {
    guard isVerbose else { return }
    let shown = PythonText.bytes(bytes.prefix(EventsLoop.mostTraced))
    toKernel.copy(
      heading: "\(PythonText.string(name)) stdout output:",
      output: String(decoding: shown, as: UTF8.self))
  }

  /// What waits to be written wakes us when it can be; that nobody reads any more always does.
  private func watch(_ index: Int) {
    guard let tenant = pipes[index] else { return }
    for (outbox, part) in [(tenant.input, Slot.input), (tenant.log, Slot.log)] {
      guard let outbox else { continue }
      poller.changeWaiting(
        outbox.descriptor, outbox.isEmpty ? [] : .writable, token(index, part))
    }
  }

  private mutating func closeInput(_ index: Int) {
    if let descriptor = pipes[index]?.input?.descriptor { poller.remove(descriptor) }
    pipes[index]?.closeInput()
  }

  private mutating func closeLog(_ index: Int) {
    if let descriptor = pipes[index]?.log?.descriptor { poller.remove(descriptor) }
    pipes[index]?.closeLog()
  }

  /// Out of the poller first: PID 1's duplicates would keep their events coming.
  private mutating func close(_ index: Int) {
    closeInput(index)
    closeLog(index)
    if let output = pipes[index]?.output { poller.remove(output) }
    pipes[index]?.closeOutput()
    pipes[index] = nil
  }

  private func index(of instance: UInt32) -> Int? {
    pipes.firstIndex { $0?.instance == instance }
  }

  func token(_ index: Int, _ part: UInt32) -> Token {
    Token(
      slot: Slot.listeners + UInt32(truncatingIfNeeded: index) * Slot.each + part,
      generation: pipes[index]?.generation ?? 0)
  }
}
