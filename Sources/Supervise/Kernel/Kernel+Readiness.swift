internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Readiness that programs announce by a newline on a descriptor (`ready=fd:N`).
extension Kernel {
  /// The read end of `ready=fd:N`. A program whose announcement cannot be heard runs all the same,
  /// until `ready_timeout`.
  mutating func watchReadiness(_ descriptor: Int32, of id: InstanceID) {
    do throws(Errno) { try watch(descriptor, .readiness(id, descriptor)) } catch {
      closeDescriptor(descriptor)
      narrator.say(
        .error, "\(name(of: id)): the pipe of its readiness cannot be watched: \(error.message)")
    }
  }

  mutating func readinessChanged(_ id: InstanceID, _ descriptor: Int32, _ token: Token) {
    let count: Int
    do throws(Errno) { count = try readBytes(descriptor, into: &buffer) } catch {
      // A process that shares the pipe has read it empty, or the kernel had no memory: another
      // write may come.
      guard !error.isTransient else { return }
      count = 0
    }
    let isNewline = buffer[..<count].contains(UInt8(ascii: "\n"))
    let isExcessive = !readinessPipes.accepts(count, from: id)
    guard isNewline || count == 0 || isExcessive else { return }
    if isExcessive, !isNewline {
      narrator.say(
        .warning, "\(name(of: id)): wrote too much to its readiness pipe without a newline")
    }
    unwatch(descriptor, token)
    closeDescriptor(descriptor)
    if isNewline { deliver(.announcedReadiness(id)) }
  }

  /// The program has ended: what it might still say is about nobody.
  mutating func forgetReadiness(of id: InstanceID) {
    readinessPipes.forget(id)
    let isReadiness = { (source: Source) in
      if case .readiness(id, _) = source { true } else { false }
    }
    for (source, token) in loop.watched(where: isReadiness) {
      guard case .readiness(_, let descriptor) = source else { continue }
      unwatch(descriptor, token)
      closeDescriptor(descriptor)
    }
  }
}
