internal import ProgramSpec
internal import SuperviseCore

/// The request of a client to clear logs, which the logger does file by file.
struct LogClearing {
  enum Subject: Equatable {
    case mainLog
    case instance(InstanceID, name: String)
  }

  var client: ConfigurationTrial.Client
  private let origin: ClientOrigin
  /// What has been answered already.
  private(set) var answers: [UInt8] = []
  /// By the number of the request to the logger.
  var waiting: [UInt32: Subject] = [:]
  private var failed: [Subject] = []
  /// Subjects that have no log file, or of which at least one file has been cleared or is missing.
  /// The logger does the files of a subject one after the other.
  private var cleared: [Subject] = []

  init(client: ConfigurationTrial.Client, _ origin: ClientOrigin) {
    self.client = client
    self.origin = origin
  }

  /// The change for the journal and the main log; nil: no log was cleared.
  var change: ClientChange? {
    guard let first = cleared.first else { return nil }
    let names = cleared.compactMap { subject in
      if case .instance(_, let name) = subject { name } else { nil }
    }
    return ClientChange(first == .mainLog ? .clearMainLog : .clearLog, names, by: origin)
  }

  /// The line of a subject is added once the last of its files is done.
  mutating func done(_ request: UInt32, failed hasFailed: Bool) {
    guard let subject = waiting.removeValue(forKey: request) else { return }
    note(subject, failed: hasFailed)
    guard !waiting.values.contains(subject) else { return }
    answer(subject, failed: failed.contains(subject))
  }

  /// The same for a subject for which the logger needs no request.
  mutating func done(_ subject: Subject, failed: Bool) {
    note(subject, failed: failed)
    answer(subject, failed: failed)
  }

  mutating func refuse(_ fault: [UInt8]) { answers += fault }

  private mutating func note(_ subject: Subject, failed hasFailed: Bool) {
    if hasFailed {
      failed.append(subject)
    } else if cleared.last != subject {
      cleared.append(subject)
    }
  }

  private mutating func answer(_ subject: Subject, failed: Bool) {
    answers += AnswerRenderer.object { json in
      if case .instance(_, let name) = subject { json.field("name", name) }
      failed ? json.field("fault", "FAILED") : json.field("result", "cleared")
    }
  }
}
