internal import ProgramSpec
internal import SafeText
internal import SuperviseCore

// What clients did, for the main log and for the journal.

extension ClientNews {
  /// For the main log.
  var text: String {
    switch self {
    case .requested(let change): "\(change.infinitive): requested by \(change.origin.text)"
    case .changed(let change): "\(change.participle): requested by \(change.origin.text)"
    case .left(let change):
      "\(change.infinitive): requested by \(change.origin.text), who disconnected before the end"
    case .failedLogin(let origin, let repetitions):
      "login failed: user \((origin.username ?? "").quoted) \(origin.place)"
        + ClientNews.text(repetitions, "failed logins")
    case .refusedHost(let origin, let host, let repetitions):
      "refused a change \(origin.place): a server without a password does not accept the Host "
        + "\(host.quoted); use an address in the URL, or set allowed_hosts or a password"
        + ClientNews.text(repetitions, "refusals")
    }
  }

  private static func text(_ repetitions: Int, _ cases: String) -> String {
    repetitions == 0 ? "" : " (\(repetitions) \(cases) since the last report)"
  }

  func describe(_ json: inout JSONWriter) {
    switch self {
    case .requested(let change): describe("change requested", change, &json)
    case .changed(let change): describe("change made", change, &json)
    case .left(let change): describe("client left", change, &json)
    case .failedLogin(let origin, let repetitions):
      json.field("event", "login failed")
      origin.describe(&json)
      if repetitions > 0 { json.field("repetitions", repetitions) }
    case .refusedHost(let origin, let host, let repetitions):
      json.field("event", "host refused")
      json.field("host", host)
      origin.describe(&json)
      if repetitions > 0 { json.field("repetitions", repetitions) }
    }
  }

  private func describe(_ event: String, _ change: ClientChange, _ json: inout JSONWriter) {
    json.field("event", event)
    json.field("action", change.action.word)
    if !change.targets.isEmpty { json.field("targets", change.targets) }
    switch change.action {
    case .signal(let signal): json.field("signal", signal)
    case .scale(let count): json.field("count", count)
    case .start, .stop, .restart, .roll, .addGroup, .removeGroup, .updateCron, .updateSteps,
      .clearLog, .clearMainLog, .input, .remoteEvent, .reload, .shutdown:
      break
    }
    change.origin.describe(&json)
  }
}

extension ClientOrigin {
  /// `admin from 10.0.0.3 over HTTP`.
  var text: String {
    switch peer {
    case .control(let user): "uid \(user) over the control socket"
    case .unix(let user): "\(username.map { "\($0) (uid \(user))" } ?? "uid \(user)") \(way)"
    case .address: "\(username ?? "a client") \(place)"
    }
  }

  /// Where the client is, without its user name.
  var place: String {
    switch peer {
    case .control(let user), .unix(let user): "from uid \(user) \(way)"
    case .address(let address): "from \(address) \(way)"
    }
  }

  private var way: String {
    switch peer {
    case .control: "over the control socket"
    case .unix: "over the HTTP socket"
    case .address: "over HTTP"
    }
  }

  fileprivate func describe(_ json: inout JSONWriter) {
    switch peer {
    case .control(let user):
      json.field("over", "control")
      json.field("uid", Int(user))
    case .unix(let user):
      json.field("over", "unix_http")
      json.field("uid", Int(user))
    case .address(let address):
      json.field("over", "inet_http")
      json.field("address", address)
    }
    if let username { json.field("user", username) }
  }
}

extension ClientChange.Action {
  /// For the journal.
  fileprivate var word: String {
    switch self {
    case .start: "start"
    case .stop: "stop"
    case .restart: "restart"
    case .roll: "roll"
    case .signal: "signal"
    case .scale: "scale"
    case .addGroup: "add group"
    case .removeGroup: "remove group"
    case .updateCron: "update cron"
    case .updateSteps: "update steps"
    case .clearLog: "clear log"
    case .clearMainLog: "clear main log"
    case .input: "write input"
    case .remoteEvent: "send event"
    case .reload: "reload"
    case .shutdown: "shutdown"
    }
  }
}

extension ClientChange {
  /// Of more targets only the number is shown.
  private static let mostNames = 8

  /// `stop worker`.
  fileprivate var infinitive: String {
    switch action {
    case .signal(let signal): "send \(signal) to \(names)"
    case .scale(let count): "scale \(names) to \(count)"
    case .roll: "restart \(names) one by one"
    default: targets.isEmpty ? action.word : "\(action.word) \(names)"
    }
  }

  /// `stopped worker`. What is still to be done then is in the present tense.
  fileprivate var participle: String {
    switch action {
    case .start: "started \(names)"
    case .stop: "stopped \(names)"
    case .restart: "restarted \(names)"
    case .roll: "restarted \(names) one by one"
    case .signal(let signal): "sent \(signal) to \(names)"
    case .scale(let count): "scaled \(names) to \(count)"
    case .addGroup: "added group \(names)"
    case .removeGroup: "removed group \(names)"
    case .updateCron: "updated cron \(names)"
    case .updateSteps: "updated the steps"
    case .clearLog: "cleared logs of \(names)"
    case .clearMainLog: "cleared the main log"
    case .input(let bytes): "wrote \(bytes) bytes to the standard input of \(names)"
    case .remoteEvent(let type): "sent a REMOTE_COMMUNICATION event of type \(type.quoted)"
    case .reload: "reload"
    case .shutdown: "shutdown"
    }
  }

  private var names: String {
    let shown = targets.prefix(ClientChange.mostNames).joined(separator: ", ")
    let rest = targets.count - ClientChange.mostNames
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }
}
