internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Connections at the control socket.
extension Kernel {
  /// Further connections wait for the next wake-up, behind signals and other events.
  private static let maxAcceptsPerWakeUp = 16

  /// Begins, or begins again, to accept.
  mutating func watchControl() {
    guard let control, acceptance.token == nil else { return }
    do throws(Errno) {
      acceptance.isWatched(as: try watch(control.descriptor, .control))
    } catch {
      acceptance.pause(at: Kernel.now)
    }
  }

  mutating func resumeAccepting() {
    if acceptance.isDue(at: Kernel.now) { watchControl() }
  }

  mutating func acceptClients() {
    guard let control else { return }
    guard !closers.isSaturated else { return awaitClosers() }
    do throws(Errno) {
      for _ in 0..<Kernel.maxAcceptsPerWakeUp {
        let (descriptor, user) = try acceptLocally(control.descriptor)
        acceptance.succeeded()
        if user != 0 { refuseDescriptors(descriptor) }
        let isAllowed = user == 0 || user == ThisProcess.effectiveUser
        isAllowed
          ? admit(descriptor, ClientOrigin(.control(user: user))) : refuseUser(descriptor)
      }
    } catch {
      if error != .wouldBlock { pauseAccepting(after: error) }
    }
  }

  /// An abstract socket has no file whose mode keeps other users out.
  private mutating func refuseUser(_ descriptor: Int32) {
    let refusal = AnswerRenderer.refusal("permission denied: only root and its own user control it")
    _ = try? sendBytes(descriptor, refusal, refusal.indices)
    closeSafely(descriptor)
  }

  /// A client could add a further connection, and PID 1 would run out of descriptors.
  private mutating func awaitClosers() {
    guard let control, let token = acceptance.token else { return }
    if !closers.isReported {
      closers.isReported = true
      narrator.say(
        .warning,
        "\(control.path): no client is accepted: clients have passed descriptors at "
          + "\(closers.waitingCount) connections, and the close of earlier ones does not end")
    }
    unwatch(control.descriptor, token)
    acceptance.pause(at: Kernel.now)
  }

  private mutating func pauseAccepting(after error: Errno) {
    guard let control, let token = acceptance.token else { return }
    // Without a descriptor there is no safe close of the connection of another user.
    let isRoots = control.inode != 0 && ThisProcess.effectiveUser == 0
    if isRoots, error == .tooManyFiles || error == .fileTableFull {
      acceptance.withoutSpare { refuseWaiting(at: control.descriptor) }
    }
    unwatch(control.descriptor, token)
    acceptance.pause(at: Kernel.now)
  }
}

/// Without a descriptor of its own for a client, PID 1 can only close the connection, so that the
/// client need not wait for its own time-out.
private func refuseWaiting(at listener: Int32) {
  for _ in 0..<16 {
    guard let (descriptor, _) = try? acceptLocally(listener) else { return }
    closeDescriptor(descriptor)
  }
}
