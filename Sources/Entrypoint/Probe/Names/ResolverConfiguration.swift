package import Linux

package struct NameServer: Sendable, Equatable {
  package var address: NetworkAddress
  package var port: UInt16

  package init(_ address: NetworkAddress, port: UInt16 = 53) {
    self.address = address
    self.port = port
  }
}

/// Whom to ask for a name, and under which endings: resolv.conf(5), with its defaults and limits.
package struct ResolverConfiguration: Sendable, Equatable {
  package var servers: [NameServer] = []
  package var search: [String] = []
  /// A name with fewer dots is looked for under the endings first; Kubernetes sets 5.
  package var minimumDots = 1
  /// For one answer of one server.
  package var timeout = Duration.seconds(5)
  package var attempts = 2

  private static let mostServers = 3
  private static let mostEndings = 32

  package init(_ contents: [UInt8]) {
    for line in contents.lines {
      let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
      // The keyword stands at the start of the line; `#` and `;` there begin a comment.
      guard let keyword = words.first, line.hasPrefix(keyword) else { continue }
      read(keyword, Array(words.dropFirst()))
    }
    if servers.isEmpty { servers = [NameServer(.loopback)] }
  }

  private mutating func read(_ keyword: String, _ values: [String]) {
    switch keyword {
    case "nameserver":
      guard servers.count < Self.mostServers,
        let address = values.first.flatMap(NetworkAddress.init)
      else { return }
      servers.append(NameServer(address))
    case "search", "domain":
      search = values.prefix(Self.mostEndings).map(Self.withoutDot).filter { !$0.isEmpty }
    case "options":
      for value in values { option(value) }
    default: break
    }
  }

  private mutating func option(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let number = Int(parts[1]), number >= 0 else { return }
    switch parts[0] {
    case "ndots": minimumDots = min(number, 15)
    case "timeout": timeout = .seconds(min(max(number, 1), 30))
    case "attempts": attempts = min(max(number, 1), 5)
    default: break
    }
  }

  /// The full names to ask for, in this order.
  package func candidates(for name: String) -> [String] {
    guard !name.hasSuffix(".") else { return [Self.withoutDot(name)] }
    let dots = name.utf8.count { $0 == UInt8(ascii: ".") }
    let extended = search.map { "\(name).\($0)" }
    return dots >= minimumDots ? [name] + extended : extended + [name]
  }

  private static func withoutDot(_ name: String) -> String {
    name.hasSuffix(".") ? String(name.dropLast()) : name
  }
}
