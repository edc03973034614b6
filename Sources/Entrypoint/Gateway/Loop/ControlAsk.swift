internal import ControlProtocol
internal import Linux

/// One question to PID 1 and what has come of its answer.
final class ControlAsk {
  enum Owner {
    /// The request that this connection has under way.
    case request(Token)
    /// The log it follows: has another file taken the name?
    case recheck(Token)
    /// It is shown everything, as it comes.
    case stream(Token)
  }

  /// The answer about a thousand programs is half a megabyte.
  private static let longestAnswer = 16 << 20
  /// The stream; nil until PID 1 has sent it.
  private(set) var descriptor: Int32?
  let token: Token
  let line: String
  let owner: Owner
  let isLong: Bool
  var outbox = Outbox()
  private var answer = ControlAnswer()
  private var inbox: [UInt8] = []
  private var received = 0

  init(_ token: Token, _ line: String, _ owner: Owner) {
    self.token = token
    self.line = line
    self.owner = owner
    isLong = ControlAsk.isLong(line)
    outbox.append(Array("\(line)\n".utf8))
  }

  func take(stream: Int32) { descriptor = stream }

  /// Whether the answer may take long: until programs have started or stopped, until the
  /// configuration has been read, or without an end.
  static func isLong(_ line: String) -> Bool {
    let words = line.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2).map { Substring($0) }
    let verb = words.first == "native" ? words.dropFirst().first : words.first
    return verb.map { longVerbs.contains($0) } ?? false
  }

  private static let longVerbs: [Substring] = [
    "start", "stop", "restart", "roll", "scale", "follow", "reread", "reload", "addgroup",
    "removegroup", "clearlog", "clearmainlog",
  ]

  /// What there is to read; the answer once it is complete, or cannot become so.
  func read(_ buffer: inout [UInt8]) -> ControlAnswer? {
    while let descriptor {
      do {
        let (count, passed) = try receiveMessage(descriptor, into: &buffer)
        if let passed { answer.keep(passed) }
        guard count > 0, received + count <= ControlAsk.longestAnswer else { return answer }
        received += count
        inbox += buffer[..<count]
      } catch {
        return error.isTransient ? nil : answer
      }
      takeLines()
      if answer.isComplete { return answer }
    }
    return nil
  }

  private func takeLines() {
    var start = 0
    while let end = inbox[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if let value = JSONValue.parse(inbox[start..<end]) { answer.take(value) }
      start = end + 1
    }
    inbox.removeFirst(start)
  }

  /// Nobody waits for it any more.
  func abandon() { answer.closeDescriptor() }
}
