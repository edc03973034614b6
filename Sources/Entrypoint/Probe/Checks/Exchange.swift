internal import Linux
internal import SuperviseCore

/// Holds one conversation over an open connection, to its verdict or the end of the time.
struct Exchange<Spoken: Conversation> {
  private let raw: Int32
  private let deadline: Deadline
  private(set) var conversation: Spoken
  private var outbox: [UInt8]
  private var buffer = [UInt8](repeating: 0, count: 4096)

  init(_ conversation: Spoken, over raw: Int32, by deadline: Deadline) {
    self.raw = raw
    self.deadline = deadline
    self.conversation = conversation
    outbox = conversation.opening
  }

  mutating func verdict() -> Verdict {
    do throws(Errno) {
      while true {
        let interest: Interest = outbox.isEmpty ? .readable : [.readable, .writable]
        guard try waitFor(raw, interest, until: deadline) else {
          return ended("sent no \(conversation.awaited) within \(deadline.limit.inWords)")
        }
        flush()
        if let verdict = try read() { return verdict }
      }
    } catch {
      return ended("\(error.message) before the \(conversation.awaited)")
    }
  }

  private mutating func read() throws(Errno) -> Verdict? {
    var count = 0
    do throws(Errno) { count = try readBytes(raw, into: &buffer) } catch {
      guard error == .wouldBlock else { throw error }
      return nil
    }
    guard count > 0 else {
      return ended("closed the connection before the \(conversation.awaited)")
    }
    switch conversation.receive(Array(buffer[..<count])) {
    case .wait: return nil
    case .send(let bytes):
      outbox += bytes
      return nil
    case .over(let verdict, let farewell):
      outbox = farewell
      flush()
      return verdict
    }
  }

  private func ended(_ words: String) -> Verdict {
    conversation.settled.map { .passed($0) } ?? .failed(words)
  }

  /// What cannot be sent is dropped: a server that has hung up may have left word why, and that is
  /// read next.
  private mutating func flush() {
    guard !outbox.isEmpty else { return }
    do throws(Errno) {
      outbox.removeFirst(try sendBytes(raw, outbox, 0..<outbox.count))
    } catch {
      if error != .wouldBlock { outbox = [] }
    }
  }
}
