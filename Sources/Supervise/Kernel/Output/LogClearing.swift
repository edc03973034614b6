internal import ProgramSpec
internal import SuperviseCore

/// Somebody waits until logs are cleared; the logger does it, file by file.
struct LogClearing {
  enum Subject: Equatable {
    case mainLog
    case instance(InstanceID, name: String)
  }

  var client: ConfigurationTrial.Client
  /// What has been answered already.
  var answers: [UInt8] = []
  /// By the number of the request to the logger.
  var waiting: [UInt32: Subject] = [:]
  private var failed: [Subject] = []

  init(client: ConfigurationTrial.Client) { self.client = client }

  /// The line of a subject is added once the last of its files is done.
  mutating func done(_ request: UInt32, failed hasFailed: Bool) {
    guard let subject = waiting.removeValue(forKey: request) else { return }
    if hasFailed { failed.append(subject) }
    guard !waiting.values.contains(subject) else { return }
    answers += LogClearing.line(subject, failed: failed.contains(subject))
  }

  static func line(_ subject: Subject, failed: Bool) -> [UInt8] {
    AnswerRenderer.object { json in
      if case .instance(_, let name) = subject { json.field("name", name) }
      failed ? json.field("fault", "FAILED") : json.field("result", "cleared")
    }
  }
}
