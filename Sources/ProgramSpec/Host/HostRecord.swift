/// Answers of the host, written down by a process that may wait for a disk, so that PID 1 can read
/// a configuration and start programs without asking the host itself.
package struct HostRecord: Sendable, Equatable {
  /// What the encoded form of a record may take: a limit for PID 1, which keeps it in memory.
  package static let maxBytes = 64 << 20

  private var answers: [HostQuery: HostAnswer] = [:]

  package init() {}

  /// The questions alone, for a process that is to answer them.
  package init(asking queries: some Sequence<HostQuery>) {
    for query in queries { answers[query] = .missing }
  }

  package subscript(query: HostQuery) -> HostAnswer? {
    get { answers[query] }
    set { answers[query] = newValue }
  }

  package var isEmpty: Bool { answers.isEmpty }
  package var queries: [HostQuery] { Array(answers.keys) }

  /// The answers that are needed to start programs, without the contents of files.
  package var aboutStarting: HostRecord {
    var kept = HostRecord()
    kept.answers = answers.filter { $0.key.isAboutStarting }
    return kept
  }

  /// Takes the answers of a later record over its own.
  package mutating func merge(_ later: HostRecord) {
    answers.merge(later.answers) { _, later in later }
  }

  /// Asks every question of the record again.
  package func answered(by host: Surroundings) -> HostRecord {
    var answered = self
    for query in queries { answered[query] = host.answer(query) }
    return answered
  }

  /// A host that knows the answers of the record; `host` answers all other questions, and nil has
  /// no answer to them. What is no question, like the environment, is that of `other`.
  package func replayed(
    like other: Surroundings, else host: Surroundings? = nil
  ) -> Surroundings {
    var replayed = other.answering { query in self[query] ?? host?.answer(query) ?? .missing }
    // Only `check` asks for these, which reads no record.
    if host == nil { replayed.fileFacts = { _ in nil } }
    return replayed
  }
}

/// Collects what a host answers.
package final class HostRecorder {
  package private(set) var record = HostRecord()

  package init() {}

  /// The same host, each of whose answers is written down.
  package func recording(_ host: Surroundings) -> Surroundings {
    host.answering { query in
      let answer = host.answer(query)
      self.record[query] = answer
      return answer
    }
  }

  package func note(_ query: HostQuery, _ answer: HostAnswer) { record[query] = answer }
}
