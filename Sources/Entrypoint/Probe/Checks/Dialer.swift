internal import Linux
internal import ProgramSpec

/// Where a server listens.
enum Place: CustomStringConvertible {
  case network(Endpoint)
  case local(path: String)

  var description: String {
    switch self {
    case .network(let endpoint): "\(endpoint)"
    case .local(let path): path
    }
  }
}

/// Connects to a server, by each of its addresses in turn.
struct Dialer {
  /// Why there is no connection: `connection refused`.
  struct Failure: Error, Equatable {
    var words: String
  }

  let resolver: Resolver
  let deadline: Deadline
  /// See `Check.walksSafely`.
  var walksSafely = false

  /// An open, non-blocking connection.
  func dial(_ place: Place) throws(Failure) -> Int32 {
    switch place {
    case .network(let endpoint): return try dial(endpoint)
    case .local(let path):
      guard walksSafely else {
        return try connect(deadline) { () throws(Errno) in try beginLocalConnection(path) }
      }
      let socket = try find(socket: path)
      return try connect(deadline) { () throws(Errno) in try socket.beginConnection() }
    }
  }

  private func find(socket path: String) throws(Failure) -> LocalSocketPlace {
    do throws(PathProblem) { return try LocalSocketPlace(path) } catch {
      throw Failure(words: error.message)
    }
  }

  /// Every address gets its part of the time, so that one that swallows our packets leaves some for
  /// the next.
  private func dial(_ endpoint: Endpoint) throws(Failure) -> Int32 {
    let addresses = try find(endpoint.host)
    var failures: [(address: NetworkAddress, words: String)] = []
    for (index, address) in addresses.enumerated() {
      let share = deadline.share(among: addresses.count - index)
      do throws(Failure) {
        return try connect(share) { () throws(Errno) in
          try beginConnection(address, port: endpoint.port)
        }
      } catch {
        failures.append((address, error.words))
      }
    }
    throw Failure(words: Self.summary(failures))
  }

  private func find(_ host: String) throws(Failure) -> [NetworkAddress] {
    do { return try resolver.addresses(of: host, by: deadline) } catch {
      throw Failure(words: error.words)
    }
  }

  private func connect(
    _ limit: Deadline, _ begin: () throws(Errno) -> Int32
  ) throws(Failure) -> Int32 {
    var opened: Int32 = -1
    do throws(Errno) {
      opened = try begin()
      guard try waitFor(opened, .writable, until: limit) else { throw .timedOut }
      try connectionResult(opened)
      return opened
    } catch {
      if opened >= 0 { closeDescriptor(opened) }
      // A unix socket whose queue is full says "try again".
      let words = error == .wouldBlock ? "its queue of connections is full" : error.message
      throw Failure(words: words)
    }
  }

  /// Once if they all failed alike, else each with its address.
  private static func summary(_ failures: [(address: NetworkAddress, words: String)]) -> String {
    guard let first = failures.first else { return "the host has no address" }
    guard failures.contains(where: { $0.words != first.words }) else { return first.words }
    return failures.map { "\($0.words) (\($0.address))" }.joined(separator: ", ")
  }
}
