package import Linux

/// The addresses of names by /etc/hosts: hosts(5).
package struct HostsFile: Sendable {
  private var entries: [(address: NetworkAddress, names: [String])] = []

  /// Lines that do not begin with an address are passed over.
  package init(_ contents: [UInt8]) {
    for line in contents.lines {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
      guard let first = words.first, let address = NetworkAddress(String(first)) else { continue }
      entries.append((address, words.dropFirst().map { $0.lowercased() }))
    }
  }

  /// Of all lines that have the name, in their order.
  package func addresses(of name: String) -> [NetworkAddress] {
    let wanted = name.lowercased()
    return entries.filter { $0.names.contains(wanted) }.map(\.address)
  }
}

extension [UInt8] {
  /// A small text file, line by line.
  var lines: [String] {
    split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
