internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// sendProcessStdin. Where nobody can ask for it programs share one silent pipe.
extension Kernel {
  mutating func closeInput(of id: InstanceID) {
    for (_, token) in loop.watched(where: { $0 == .input(id) }) {
      guard let pipe = inputs.pipe(id) else { continue }
      unwatch(pipe, token)
    }
    inputs.close(id)
  }

  mutating func write(_ bytes: [UInt8], toInputOf name: String) -> [UInt8] {
    guard case .instance(let id) = fleet.plan.target(named: name) else {
      return AnswerRenderer.fault("BAD_NAME", name)
    }
    guard children.pid(of: id) != nil else { return AnswerRenderer.fault("NOT_RUNNING", name) }
    switch inputs.write(bytes, to: id) {
    case .closed: return AnswerRenderer.fault("NO_FILE", name)
    case .full: return AnswerRenderer.fault("FAILED", "\(name) does not read its input")
    case .written:
      waitForInput(id)
      return AnswerRenderer.accepted
    }
  }

  private mutating func waitForInput(_ id: InstanceID) {
    guard inputs.isWaiting(id), let pipe = inputs.pipe(id),
      loop.watched(where: { $0 == .input(id) }).isEmpty,
      let token = try? watch(pipe, .input(id))
    else { return }
    change(pipe, .writable, token)
  }

  mutating func inputTakesMore(_ id: InstanceID, _ token: Token) {
    let pipe = inputs.pipe(id)
    let outcome = inputs.flush(id)
    guard outcome == .closed || !inputs.isWaiting(id), let pipe else { return }
    unwatch(pipe, token)
  }
}
