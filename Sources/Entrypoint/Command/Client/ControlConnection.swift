package import ControlProtocol
internal import Linux

/// Nobody answered at the control socket.
package enum ConnectionProblem: Error, Sendable, Equatable {
  case noSocket(String)
  case refused(String)
  case other(String)

  /// supervisorctl's words.
  package var text: String {
    switch self {
    case .noSocket(let path): "unix://\(path) no such file"
    case .refused(let path): "unix://\(path) refused connection"
    case .other(let text): "error: \(text)"
    }
  }

  /// For commands other than `status`, which says 4 to all of them.
  package var exitCode: Int32 {
    switch self {
    case .noSocket: ExitCode.dead
    case .refused: ExitCode.unknown
    case .other: ExitCode.failure
    }
  }
}

/// One request to the supervisor, and the lines it answers.
package struct ControlConnection: ~Copyable {
  private let descriptor: Descriptor
  private var inbox: [UInt8] = []
  /// The last line of the answer has been received.
  private var isAnswered = false
  private var buffer = readBuffer(size: 64 << 10)

  package init(_ path: String) throws(ConnectionProblem) {
    do { descriptor = Descriptor(adopting: try ControlConnection.connect(path)) } catch {
      switch error {
      case .notFound, .notDirectory: throw .noSocket(path)
      case .connectionRefused: throw .refused(path)
      case .notPermitted:
        throw .other(
          "unix://\(path): permission denied: it is served neither by root, nor by PID 1, nor by "
            + "this user; run the command as the user whose supervisor it is")
      default: throw .other("unix://\(path): \(error.message)")
      }
    }
  }

  /// At the path, else at the fallback, which is tried whatever is wrong with the path. What is
  /// wrong with the fallback is not reported: the path is what users know.
  private static func connect(_ path: String) throws(Errno) -> Int32 {
    do throws(Errno) {
      let socket = try connectLocally(path)
      // In a directory that another user may change, as below /tmp, that user's process may serve
      // the path. Where only root may change the directory, what is there serves on root's behalf.
      if isServedBySupervisor(socket) || isPlacedByRoot(path) { return socket }
      closeDescriptor(socket)
      throw .notPermitted
    } catch {
      guard let socket = try? FallbackSocket.connect(for: path) else { throw error }
      if isServedBySupervisor(socket) { return socket }
      closeDescriptor(socket)
      throw error
    }
  }

  /// Only root's commands trust a place more than the process that serves it: a supervisor that is
  /// not root, or one of another PID namespace, has no credentials by which it could be known.
  private static func isPlacedByRoot(_ path: String) -> Bool {
    ThisProcess.effectiveUser == 0 && SafePath.onlyRootMayPlace(path)
  }

  package mutating func send(_ request: String) throws(ConnectionProblem) {
    do { try writeAll(descriptor.raw, Array("\(request)\n".utf8)) } catch {
      // One client too many is not listened to, but told so.
      _ = try next()
      throw .other(error.message)
    }
  }

  /// The next line as it came, or nil at the end; waits no longer than that, if a limit is given.
  package mutating func line(milliseconds: Int32? = nil) -> [UInt8]? {
    while true {
      if let end = inbox.firstIndex(of: UInt8(ascii: "\n")) {
        defer { inbox.removeFirst(end + 1) }
        return Array(inbox[..<end])
      }
      guard (try? waitFor(descriptor.raw, .readable, milliseconds: milliseconds)) == true,
        let count = try? readBytes(descriptor.raw, into: &buffer), count > 0
      else { return nil }
      inbox += buffer[..<count]
    }
  }

  /// The next value of the answer; nil when it is complete. Throws the reason for which the
  /// supervisor refuses the client or the request.
  package mutating func next(
    milliseconds: Int32? = nil
  ) throws(ConnectionProblem) -> JSONValue? {
    guard let line = line(milliseconds: milliseconds), let value = JSONValue.parse(line[...]) else {
      return nil
    }
    try ControlConnection.requireAccepted(value)
    return value["end"] == nil ? value : nil
  }

  /// Throws the reason where the value is a refusal, which is the only value of its answer.
  package static func requireAccepted(_ value: JSONValue) throws(ConnectionProblem) {
    if let reason = value["error"]?.text { throw .other(reason) }
  }
}

extension ControlConnection {
  /// The next value of an answer, waiting as long as it takes; nil after the last one. Throws where
  /// the supervisor refuses the request, and where the connection is closed before the end of the
  /// answer: the rest of it is not known.
  package mutating func nextOfAnswer() throws(ConnectionProblem) -> JSONValue? {
    guard !isAnswered else { return nil }
    guard let line = line(), let value = JSONValue.parse(line[...]) else {
      throw .other("the supervisor closed the connection before the answer was complete")
    }
    try ControlConnection.requireAccepted(value)
    isAnswered = value["end"] != nil
    return isAnswered ? nil : value
  }

  /// A request and its whole answer; throws where the connection is closed before its end.
  package static func ask(
    _ request: String, at path: String
  ) throws(ConnectionProblem) -> [JSONValue] {
    var connection = try ControlConnection(path)
    try connection.send(request)
    var answer: [JSONValue] = []
    while let value = try connection.nextOfAnswer() { answer.append(value) }
    return answer
  }
}
