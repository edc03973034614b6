package import Linux

/// Names to addresses, within a deadline: a number, /etc/hosts, or the name servers.
///
/// The C library's own resolver is not used. In a static binary it loads modules of the image's C
/// library, which crashes where the versions differ, and it cannot be told when to give up.
package struct Resolver: Sendable {
  package struct Failure: Error, Sendable, Equatable {
    package var words: String
  }

  private let hosts: HostsFile
  private let configuration: ResolverConfiguration

  package init(hosts: HostsFile, configuration: ResolverConfiguration) {
    self.hosts = hosts
    self.configuration = configuration
  }

  /// As the container is configured now; a missing file is an empty one.
  package static func system() -> Resolver {
    Resolver(
      hosts: HostsFile((try? readFile("/etc/hosts", limit: 1 << 20)) ?? []),
      configuration: ResolverConfiguration(
        (try? readFile("/etc/resolv.conf", limit: 1 << 20)) ?? []))
  }

  /// All addresses of a host, in the order to try them; never none.
  package func addresses(
    of host: String, by deadline: Deadline
  ) throws(Failure) -> [NetworkAddress] {
    if let address = NetworkAddress(host) { return [address] }
    let listed = hosts.addresses(of: host)
    guard listed.isEmpty else { return listed }
    // RFC 6761, section 6.3: also in an image without /etc/hosts.
    if host.lowercased() == "localhost" { return [.loopback, .loopback6] }
    return try ask(host, deadline)
  }

  private func ask(_ host: String, _ deadline: Deadline) throws(Failure) -> [NetworkAddress] {
    var failure = Failure(words: "no such host")
    for name in configuration.candidates(for: host) {
      guard let questions = questions(name) else {
        failure = Failure(words: "not a valid host name")
        continue
      }
      let answer = answer(to: questions, deadline)
      switch answer {
      case .success(let addresses?) where !addresses.isEmpty: return addresses
      case .success(.some): failure = Failure(words: "the host has no address")
      case .success(nil): break
      case .failure(let problem): failure = problem
      }
    }
    throw failure
  }

  private func questions(_ name: String) -> [DNSQuestion]? {
    let types: [DNSQuestion.RecordType] = [.address, .address6]
    let questions = types.compactMap {
      DNSQuestion(name, $0, identifier: .random(in: 0...UInt16.max))
    }
    return questions.count == types.count ? questions : nil
  }

  /// Each server in turn, and all of them again: the first that knows decides.
  private func answer(
    to questions: [DNSQuestion], _ deadline: Deadline
  ) -> Result<[NetworkAddress]?, Failure> {
    var last = Failure(words: "no name server")
    var left = configuration.servers.count * configuration.attempts
    for server in (0..<configuration.attempts).flatMap({ _ in configuration.servers }) {
      let limit = deadline.share(among: left).within(configuration.timeout)
      left -= 1
      do throws(NameServerQuery.Failure) {
        let query = NameServerQuery(server: server, deadline: limit)
        return .success(try query.addresses(of: questions))
      } catch {
        last = Failure(error, of: server)
      }
    }
    return .failure(last)
  }
}

extension Resolver.Failure {
  fileprivate init(_ failure: NameServerQuery.Failure, of server: NameServer) {
    let name = "name server \(server.address)"
    switch failure {
    case .unreachable(let error): words = "\(name): \(error.message)"
    case .silent: words = "\(name) does not answer"
    case .failed(code: 2): words = "\(name) failed (SERVFAIL)"
    case .failed(code: 5): words = "\(name) refused (REFUSED)"
    case .failed(let code): words = "\(name) failed (code \(code))"
    }
  }
}
