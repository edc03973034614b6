internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// One check: whom to ask, and how.
struct Check {
  let url: ProbeURL
  let deadline: Deadline
  let environment: [String]
  let resolver: Resolver
  /// Whether the check walks paths safely (see `SafePath`), and connects to a unix socket as
  /// `LocalSocketPlace` does, after which the process has no rights.
  let walksSafely: Bool
  /// Whether PID 1 ends this process's group with the process: a command joins the group then.
  let ownsGroup: Bool
  /// See `CommandCheck`.
  let cancellation: Int32?

  /// Its words begin with the place they are about.
  func verdict() -> Verdict {
    switch url {
    case .tcp(let endpoint): connect(.network(endpoint))
    case .unix(let path): connect(.local(path: path))
    case .mysql(let endpoint): ask(.network(endpoint), MySQLGreeting())
    case .postgres(let endpoint): ask(.network(endpoint), PostgresStartup())
    case .redis(let endpoint, let login): ask(.network(endpoint), RedisPing(login))
    case .http(let endpoint, let path):
      ask(.network(endpoint), HTTPGet(host: endpoint.hostField, path: path))
    case .fastCGI(.tcp(let endpoint), let path): ask(.network(endpoint), FastCGIPing(path: path))
    case .fastCGI(.unix(let socket), let path): ask(.local(path: socket), FastCGIPing(path: path))
    case .file(let path): file(path).at(path)
    case .exec(let words): command(words).at(words.first ?? "")
    case .always: .passed("sqlite: needs no server")
    }
  }

  private func connect(_ place: Place) -> Verdict {
    reach(place) { _ in .passed("accepts connections") }
  }

  private func ask(_ place: Place, _ conversation: some Conversation) -> Verdict {
    reach(place) { raw in
      var exchange = Exchange(conversation, over: raw, by: deadline)
      return exchange.verdict()
    }
  }

  private func reach(_ place: Place, then verdict: (Int32) -> Verdict) -> Verdict {
    do throws(Dialer.Failure) {
      let dialer = Dialer(resolver: resolver, deadline: deadline, walksSafely: walksSafely)
      let connection = Descriptor(adopting: try dialer.dial(place))
      if walksSafely, case .local = place { try giveUpRights() }
      return verdict(connection.raw).at("\(place)")
    } catch {
      return .failed(error.words).at("\(place)")
    }
  }

  /// Before the first byte from the server is read.
  private func giveUpRights() throws(Dialer.Failure) {
    do { try ThisProcess.reduceRights(to: .none) } catch {
      throw Dialer.Failure(words: "the probe cannot give up its rights: \(error.message)")
    }
    RoleName.probe.confine()
  }

  private func file(_ path: String) -> Verdict {
    do throws(PathProblem) {
      return try exists(path) ? .passed("exists") : .failed("does not exist")
    } catch {
      return .failed(error.message)
    }
  }

  private func exists(_ path: String) throws(PathProblem) -> Bool {
    guard !walksSafely else { return try SafePath.exists(path) }
    do throws(Errno) {
      _ = try fileStatus(path)
      return true
    } catch {
      guard error == .notFound else { throw .system(error) }
      return false
    }
  }

  private func command(_ words: [String]) -> Verdict {
    CommandCheck(
      words: words, environment: environment, deadline: deadline, joinsGroup: ownsGroup,
      cancellation: cancellation
    ).verdict()
  }
}

extension Endpoint {
  /// RFC 9110, section 7.2: without the port where it is the usual one.
  fileprivate var hostField: String {
    port == 80 ? String("\(self)".dropLast(":80".count)) : "\(self)"
  }
}
