internal import EventsProtocol
internal import Linux

/// What PID 1 and the logger say.
extension EventsLoop {
  /// In one turn, so that whoever says much does not keep the listeners waiting.
  private static let mostMessages = 256

  mutating func readKernel() {
    do throws(Errno) {
      for _ in 0..<EventsLoop.mostMessages where !isFinished {
        let (message, passed) = try fromKernel.next(&buffer)
        heard(message, passed)
      }
    } catch {
      // Without PID 1 the role has nothing to do. A record for which the kernel had no memory stays
      // in the channel.
      if !error.isTransient { isFinished = true }
    }
  }

  private mutating func heard(_ message: EventsMessage?, _ passed: Int32?) {
    switch message {
    case .listener(let description):
      if let passed { return start(description, input: passed) }
    case .listenerOutput(let instance):
      if let passed { return listen(to: instance, output: passed) }
    case .listenerLog(let instance):
      if let passed { return log(instance, to: passed) }
    case .loggerChannel:
      if let passed { return attachLogger(passed) }
    case .listenerEnded(let instance): end(instance)
    case .pool(let description): tell(.poolAdded(description))
    case .removePool(let name):
      tell(.poolRemoved(name: name))
      closeForgottenPipes()
    case .listenerState(let instance, let isRunning):
      tell(.listenerRunning(instance: instance, isRunning))
    case .event(let type, let payload): tell(.happened(type, payload: payload))
    case .verbosity(let isDebug): isVerbose = isDebug
    case .deliver: owesDelivery = true
    case .finish: isFinished = true
    case .part, .say, .copy, .listening, .delivered, nil: break
    }
    if let passed { closeDescriptor(passed) }
  }

  /// A logger that is started again brings a new channel; the old one says no more.
  private mutating func attachLogger(_ descriptor: Int32) {
    detachLogger()
    generations &+= 1
    fromLogger = MessageReader(descriptor)
    poller.addWaiting(
      descriptor, .readable, Token(slot: Slot.logger, generation: generations))
    loggerGeneration = generations
  }

  private mutating func detachLogger() {
    guard let old = fromLogger?.channel else { return }
    poller.remove(old)
    closeDescriptor(old)
    fromLogger = nil
  }

  mutating func readLogger(_ generation: UInt32) {
    guard generation == loggerGeneration else { return }
    do throws(Errno) {
      for _ in 0..<EventsLoop.mostMessages {
        guard let (message, passed) = try fromLogger?.next(&buffer) else { return }
        if case .event(let type, let payload) = message {
          tell(.happened(type, payload: payload))
        }
        if let passed { closeDescriptor(passed) }
      }
    } catch {
      if !error.isTransient { detachLogger() }
    }
  }
}
