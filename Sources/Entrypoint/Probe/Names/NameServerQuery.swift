internal import Linux

/// The questions for one name to one server: both kinds of address at once by datagrams, and over
/// TCP what does not fit into one (RFC 7766).
struct NameServerQuery {
  enum Failure: Error, Equatable {
    case unreachable(Errno)
    case silent
    case failed(code: Int)
  }

  let server: NameServer
  let deadline: Deadline

  /// All addresses, IPv4 first; nil if there is no such name.
  func addresses(of questions: [DNSQuestion]) throws(Failure) -> [NetworkAddress]? {
    var answers = try ask(questions)
    for (index, answer) in answers.enumerated() where answer == .truncated {
      answers[index] = try askInFull(questions[index])
    }
    return try combined(answers)
  }

  /// An address of one kind is enough: some servers never answer for the other.
  private func combined(_ answers: [DNSAnswer?]) throws(Failure) -> [NetworkAddress]? {
    var found: [NetworkAddress] = []
    for case .addresses(let addresses)? in answers { found += addresses }
    guard found.isEmpty else { return found }
    for case .failure(let code)? in answers { throw .failed(code: code) }
    guard !answers.contains(nil) else { throw .silent }
    return answers.contains(.noSuchName) ? nil : []
  }

  /// The answers in the order of the questions; nil for one that did not come in time.
  private func ask(_ questions: [DNSQuestion]) throws(Failure) -> [DNSAnswer?] {
    do throws(Errno) {
      let socket = Descriptor(
        adopting: try beginConnection(server.address, port: server.port, .datagram))
      for question in questions { try send(question.message, socket.raw) }
      var answers: [DNSAnswer?] = questions.map { _ in nil }
      var buffer = [UInt8](repeating: 0, count: 4096)
      while answers.contains(nil), try waitFor(socket.raw, .readable, until: deadline) {
        let count = try readBytes(socket.raw, into: &buffer)
        let message = Array(buffer[..<count])
        for (index, question) in questions.enumerated() where answers[index] == nil {
          answers[index] = question.answer(in: message)
        }
      }
      return answers
    } catch {
      throw .unreachable(error)
    }
  }

  private func askInFull(_ question: DNSQuestion) throws(Failure) -> DNSAnswer? {
    do throws(Errno) {
      let socket = Descriptor(adopting: try beginConnection(server.address, port: server.port))
      guard try waitFor(socket.raw, .writable, until: deadline) else { return nil }
      try connectionResult(socket.raw)
      let message = question.message
      try send(message.count.bigEndianBytes(2) + message, socket.raw)
      return try receiveInFull(question, socket.raw)
    } catch {
      throw .unreachable(error)
    }
  }

  private func receiveInFull(_ question: DNSQuestion, _ raw: Int32) throws(Errno) -> DNSAnswer? {
    var inbox: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while try waitFor(raw, .readable, until: deadline) {
      let count = try readBytes(raw, into: &buffer)
      inbox += buffer[..<count]
      var reader = WireReader(inbox)
      if let length = reader.bigEndian(2), let message = reader.take(length) {
        return question.answer(in: Array(message))
      }
      // The length has two bytes, so this is bounded by what a length can be.
      guard count > 0 else { return nil }
    }
    return nil
  }

  /// A question fits into any fresh socket's buffer.
  private func send(_ bytes: [UInt8], _ raw: Int32) throws(Errno) {
    _ = try sendBytes(raw, bytes, 0..<bytes.count)
  }
}
