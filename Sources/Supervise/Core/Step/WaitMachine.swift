// # The states of a wait
//
// | state     | shown as | leaves when                                                       |
// |-----------|----------|-------------------------------------------------------------------|
// | `stopped` | stopped  | its turn has come                                                 |
// | `probing` | running  | the probe has answered, did not answer in time, or all time is over |
// | `pausing` | running  | the interval is over, or all time is                               |
// | `passed`  | passed   | somebody needs it anew                                            |
// | `failed`  | failed   | the same; one of the start ends the container                     |

import ProgramSpec

package struct WaitMachine: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    case stopped
    /// The probe should have answered by itself before `givenUpAt`.
    case probing(givenUpAt: Instant)
    case pausing(until: Instant)
    case passed
    case failed
  }

  enum Input: Sendable, Equatable {
    case start
    case probed(Verdict)
    case timePassed
    case stop
  }

  package internal(set) var state = State.stopped
  package internal(set) var tries = 0
  package internal(set) var lastWords = ""
  package internal(set) var startedAt: Instant?
  private var deadline: Instant?

  /// For a probe's process to end by itself after its own time-out.
  private static let probeMargin = Duration.seconds(1)

  mutating func on(_ input: Input, _ rules: WaitRules, _ turn: inout Turn) {
    switch input {
    case .start: start(rules, &turn)
    case .probed(let verdict): probed(verdict, rules, &turn)
    case .timePassed: timePassed(rules, &turn)
    case .stop: stop(&turn)
    }
  }

  var nextDeadline: Instant? {
    switch state {
    case .probing(let at), .pausing(let at): min(at, deadline ?? at)
    case .stopped, .passed, .failed: nil
    }
  }

  private mutating func start(_ rules: WaitRules, _ turn: inout Turn) {
    switch state {
    case .stopped, .passed, .failed:
      tries = 0
      startedAt = turn.now
      deadline = rules.timeout == .zero ? nil : turn.now.advanced(by: rules.timeout)
      turn.moved(state.name, .running)
      probe(rules, &turn)
    // Late but legal: it is under way already.
    case .probing, .pausing: break
    }
  }

  private mutating func probe(_ rules: WaitRules, _ turn: inout Turn) {
    tries += 1
    let limit = rules.probeTimeout + Self.probeMargin
    state = .probing(givenUpAt: turn.now.advanced(by: limit))
    turn.effects.append(.probe(turn.id, .wait))
  }

  private mutating func probed(_ verdict: Verdict, _ rules: WaitRules, _ turn: inout Turn) {
    switch (state, verdict) {
    case (.probing, .passed(let words)):
      turn.moved(.running, .passed, because: .lastWords(words))
      state = .passed
    case (.probing, .failed(let words)): pause(words, rules, &turn)
    // Late but legal: it was stopped, or its time was over, while the probe was answering.
    case (.stopped, _), (.pausing, _), (.passed, _), (.failed, _): break
    }
  }

  private mutating func pause(_ words: String, _ rules: WaitRules, _ turn: inout Turn) {
    if words != lastWords || tries == 1 {
      turn.record(.probeFailed(tries: tries, lastWords: words))
    }
    lastWords = words
    state = .pausing(until: turn.now.advanced(by: rules.interval))
  }

  private mutating func timePassed(_ rules: WaitRules, _ turn: inout Turn) {
    switch state {
    case .probing(let givenUpAt):
      guard isOver(turn.now) || turn.now >= givenUpAt else { return }
      turn.effects.append(.cancelProbe(turn.id, .wait))
      if lastWords.isEmpty { lastWords = "no answer" }
      isOver(turn.now) ? fail(rules, &turn) : pause("no answer", rules, &turn)
    case .pausing(let until):
      if isOver(turn.now) { return fail(rules, &turn) }
      if turn.now >= until { probe(rules, &turn) }
    // Late but legal: a deadline of a state that has been left since.
    case .stopped, .passed, .failed: break
    }
  }

  private func isOver(_ now: Instant) -> Bool { deadline.map { now >= $0 } ?? false }

  private mutating func fail(_ rules: WaitRules, _ turn: inout Turn) {
    let words = "\(lastWords) after \(tries) tries in \(rules.timeout.inWords)"
    lastWords = words
    turn.moved(.running, .failed, because: .lastWords(words))
    state = .failed
  }

  private mutating func stop(_ turn: inout Turn) {
    switch state {
    case .probing: turn.effects.append(.cancelProbe(turn.id, .wait))
    case .pausing: break
    case .stopped, .passed, .failed: return
    }
    turn.moved(.running, .stopped, because: .asked)
    state = .stopped
  }
}

extension WaitMachine.State {
  package var name: StateName {
    switch self {
    case .stopped: .stopped
    case .probing, .pausing: .running
    case .passed: .passed
    case .failed: .failed
    }
  }

  var isUnderWay: Bool {
    switch self {
    case .probing, .pausing: true
    case .stopped, .passed, .failed: false
    }
  }
}
