internal import GatewayProtocol
internal import SuperviseCore

/// What clients do, for the journal and the main log.
extension Kernel {
  mutating func publish(_ news: ClientNews) {
    publish(Record(at: Kernel.now, instance: nil, happening: .client(news)))
  }

  mutating func publish(_ report: GatewayReport) {
    let origin = ClientOrigin(GatewayOrigin(peer: report.peer))
    switch report.kind {
    case .failedLogin:
      publish(
        .failedLogin(
          ClientOrigin(origin.peer, username: report.text), repetitions: report.repetitions))
    case .refusedHost:
      publish(.refusedHost(origin, host: report.text, repetitions: report.repetitions))
    }
  }

  /// An answer to a client, and with it, where it is no fault, the change.
  mutating func send(
    _ answer: [UInt8], _ index: Int, _ action: ClientChange.Action, _ targets: [String] = []
  ) {
    let origin = clients[index].origin
    send(answer, index)
    guard answer == AnswerRenderer.accepted else { return }
    publish(.changed(ClientChange(action, targets, by: origin)))
  }
}

extension ClientOrigin {
  init(_ origin: GatewayOrigin) {
    switch origin.peer {
    case .address(let address): self.init(.address(address), username: origin.username)
    case .user(let user): self.init(.unix(user: user), username: origin.username)
    }
  }
}
