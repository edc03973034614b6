internal import Linux

/// Lines from standard input, a byte at a time: what follows a line may be meant for somebody else,
/// so nothing is read ahead.
struct LineInput {
  enum Reading: Equatable {
    case line(String)
    case incomplete
    case end
  }

  /// Longer than anybody types; the rest is the next line.
  private static let longest = 1 << 20
  private var bytes: [UInt8] = []
  private var buffer: [UInt8] = [0]

  /// One byte, which has to be there.
  mutating func read() -> Reading {
    guard let count = try? readBytes(0, into: &buffer), count > 0 else {
      guard !bytes.isEmpty else { return .end }
      return take()
    }
    if buffer[0] == UInt8(ascii: "\n") { return take() }
    bytes.append(buffer[0])
    return bytes.count < LineInput.longest ? .incomplete : take()
  }

  private mutating func take() -> Reading {
    defer { bytes = [] }
    return .line(String(decoding: bytes, as: UTF8.self))
  }
}

/// Questions that are answered by a line.
enum Prompt {
  /// nil at the end of the input and at Ctrl-C.
  static func line(_ question: String, _ interrupts: Int32?) -> String? {
    printOut(question)
    return answer(interrupts)
  }

  /// Without echo on a terminal. Elsewhere the question goes to standard error: standard output
  /// belongs to the answers.
  static func secret(_ question: String, _ interrupts: Int32?) -> String? {
    guard isTerminal(0) else {
      printError(question)
      return answer(interrupts)
    }
    printOut(question)
    try? Terminal.set(.secret)
    defer { try? Terminal.set(.cooked) }
    return answer(interrupts)
  }

  private static func answer(_ interrupts: Int32?) -> String? {
    var input = LineInput()
    while true {
      guard let ready = try? waitForAny(readable: [0, interrupts ?? -1]) else { return nil }
      if ready[1], let interrupts, Interrupts.isInterrupted(interrupts) { return nil }
      guard ready[0] else { continue }
      switch input.read() {
      case .line(let line): return line
      case .incomplete: continue
      case .end: return nil
      }
    }
  }
}
