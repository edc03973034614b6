/// Every sequence of stimuli up to a length, each judged by the oracle.
struct Exploration {
  private let subject: SequenceSubject
  /// The sequences that have been run.
  private(set) var count = 0

  init(_ subject: SequenceSubject) { self.subject = subject }

  /// The shortest sequence that violates a rule, as a transcript; nil: none does.
  mutating func failure(depth: Int) -> String? {
    for depth in 0...depth {
      count = 0
      if let path = explore(SequenceWorld(subject, keepsTranscript: false), depth: depth) {
        return report(path)
      }
    }
    return nil
  }

  /// The stimuli that lead to a violation.
  private mutating func explore(_ world: SequenceWorld, depth: Int) -> [Stimulus]? {
    count += 1
    if world.violation != nil { return [] }
    guard depth > 0, !world.isOver else { return nil }
    for stimulus in subject.stimuli {
      var next = world
      guard next.apply(stimulus) else { continue }
      if let path = explore(next, depth: depth - 1) { return [stimulus] + path }
    }
    return nil
  }

  private func report(_ path: [Stimulus]) -> String {
    var world = SequenceWorld(subject, keepsTranscript: true)
    for stimulus in path { _ = world.apply(stimulus) }
    return "\(world.violation ?? "")\n\n\(world.transcript.joined(separator: "\n"))"
  }
}
