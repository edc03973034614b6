internal import EventsProtocol

extension ResultHandler {
  /// What follows from a result, as from a Python function that returns or raises.
  enum Outcome: Equatable {
    /// With what the handler prints; nil: nothing.
    case processed(Printed?)
    case rejected
    case failed
  }

  /// What a program has written, below the name that supervisor-stdout puts before it.
  struct Printed: Equatable {
    /// `web stdout | `
    var name: [UInt8]
    var output: [UInt8]
  }

  /// Bytes of a result that the handler reads: an event of the logger with its header fits.
  var mostKept: Int { self == .supervisorStdout ? 256 << 10 : 3 }

  func outcome(of result: [UInt8]) -> Outcome {
    switch self {
    case .standard: result == Array("OK".utf8) ? .processed(nil) : .rejected
    case .unknown: .processed(nil)
    case .supervisorStdout: ResultHandler.printed(result).map { .processed($0) } ?? .failed
    }
  }

  /// `web stdout | output`, of a PROCESS_LOG payload; nil where the function of supervisor-stdout
  /// 0.1.1 raises an exception: no newline, a word that is not `key:value`, a key is missing.
  private static func printed(_ result: [UInt8]) -> Printed? {
    guard let end = result.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    var name: ArraySlice<UInt8>?
    var channel: ArraySlice<UInt8>?
    for word in result[..<end].split(whereSeparator: { $0 == 32 || (9...13).contains($0) }) {
      let pair = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard pair.count == 2 else { return nil }
      if pair[0].elementsEqual("processname".utf8) { name = pair[1] }
      if pair[0].elementsEqual("channel".utf8) { channel = pair[1] }
    }
    guard let name, let channel else { return nil }
    let head = Array(name) + [UInt8(ascii: " ")] + Array(channel) + Array(" | ".utf8)
    return Printed(name: head, output: Array(result[(end + 1)...]))
  }
}
