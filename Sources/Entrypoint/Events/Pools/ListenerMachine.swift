internal import EventsProtocol

/// One listener's side of the protocol (supervisord section 7.4), read from its stdout in whatever
/// pieces that comes.
///
///     ACKNOWLEDGED ── READY\n ──▶ READY ── an event is sent ──▶ BUSY
///          ▲                                                     │
///          └─────────── RESULT <length>\n<length bytes> ─────────┘
///
/// Anything else leads to UNKNOWN, and nothing leads out of that but a new process. Output while
/// READY is anything else; a BUSY listener may take as long as it likes.
struct ListenerMachine {
  enum Step: Equatable {
    /// READY, from ACKNOWLEDGED.
    case becameReady
    /// The result is complete; now ACKNOWLEDGED. As much of it as the machine keeps.
    case answered([UInt8])
    /// No result at all; now UNKNOWN.
    case badResult(line: [UInt8])
    /// Output where none may be; now UNKNOWN.
    case violated(from: ListenerState)
  }

  /// Without a newline in so many bytes it is no result line.
  static let longestLine = 8 << 10
  private static let readyToken = Array("READY\n".utf8)
  /// What stands before the length. supervisord does not look at it.
  private static let resultTokenLength = "RESULT ".utf8.count

  private(set) var state: ListenerState
  private var rest: [UInt8] = []
  private var result: Result?
  /// Bytes at the beginning of a result that are kept.
  private let mostKept: Int

  /// What has come of a result's body.
  private struct Result {
    var missing: Int
    var beginning: [UInt8] = []
  }

  /// Three bytes are enough to know whether a result is `OK`.
  init(_ state: ListenerState, keeping mostKept: Int = 3) {
    self.state = state
    self.mostKept = mostKept
  }

  mutating func eventWasSent() { state = .busy }

  /// The handler of its result failed.
  mutating func handlerFailed() { state = .unknown }

  /// Its stdin was closed: the event did not reach it.
  mutating func eventWasNotSent() { state = .ready }

  /// Appends what the listener has done.
  mutating func take(_ bytes: ArraySlice<UInt8>, into steps: inout [Step]) {
    rest += bytes
    while let step = next() { steps.append(step) }
  }

  private mutating func next() -> Step? {
    switch state {
    case .acknowledged: fromAcknowledged()
    case .ready: rest.isEmpty ? nil : violate()
    case .busy: fromBusy()
    case .unknown:
      forget()
    }
  }

  private mutating func fromAcknowledged() -> Step? {
    let token = ListenerMachine.readyToken
    guard rest.count >= token.count else { return nil }
    guard rest.starts(with: token) else { return violate() }
    rest.removeFirst(token.count)
    state = .ready
    return .becameReady
  }

  private mutating func fromBusy() -> Step? {
    if result == nil {
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      guard end ?? rest.count <= ListenerMachine.longestLine else { return bad(rest) }
      guard let end else { return nil }
      let line = Array(rest[..<end])
      rest.removeFirst(end + 1)
      guard let length = ListenerMachine.length(line) else { return bad(line) }
      result = Result(missing: length)
    }
    return takeBody()
  }

  private mutating func takeBody() -> Step? {
    guard var current = result else { return nil }
    let piece = rest.prefix(current.missing)
    current.beginning += piece.prefix(max(0, mostKept - current.beginning.count))
    current.missing -= piece.count
    rest.removeFirst(piece.count)
    result = current.missing == 0 ? nil : current
    guard current.missing == 0 else { return nil }
    state = .acknowledged
    return .answered(current.beginning)
  }

  private mutating func violate() -> Step {
    defer { state = .unknown }
    return .violated(from: state)
  }

  private mutating func bad(_ line: [UInt8]) -> Step {
    state = .unknown
    return .badResult(line: Array(line.prefix(ListenerMachine.longestLine)))
  }

  private mutating func forget() -> Step? {
    rest = []
    result = nil
    return nil
  }

  /// As Python's int() reads it: blanks around, a sign, underscores between digits; not negative,
  /// for nobody can write fewer than no bytes.
  static func length(_ line: [UInt8]) -> Int? {
    let blanks: Set<UInt8> = [9, 10, 11, 12, 13, 32]
    var text = line.dropFirst(resultTokenLength).drop { blanks.contains($0) }
    while let last = text.last, blanks.contains(last) { text.removeLast() }
    if text.first == UInt8(ascii: "+") { text.removeFirst() }
    let groups = text.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard
      groups.allSatisfy({ group in
        !group.isEmpty && group.allSatisfy { (48...57).contains($0) }
      })
    else { return nil }
    return Int(String(decoding: groups.joined(), as: UTF8.self))
  }
}
