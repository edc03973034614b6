internal import HTTP

/// `/logtail` and `/mainlogtail`: the log is opened by PID 1, then followed.
struct FollowErrand: ErrandCourse {
  private let line: String

  init(_ line: String) { self.line = line }

  func start() -> Progress { .ask(line) }

  func take(_ answer: ControlAnswer) -> Progress {
    guard answer.fault == nil, let log = answer.descriptor else {
      let isStopping = answer.fault?.kind == .shutdownState
      return .reply(.refusal(isStopping ? .unavailable : .notFound))
    }
    return .follow(LogFollower(log, line: line))
  }
}
