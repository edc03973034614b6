internal import HTTP
internal import Linux

/// Which values of the `Host` field a server without a password accepts for changes.
///
/// A web page can make a browser connect to this server under the page's own host name, by a DNS
/// answer that changes (DNS rebinding). The browser then takes the server for the page's own site,
/// and only `Host` still shows the name of that site. Names that the attacker cannot own are safe:
/// loopback names, addresses, the container's own name, and names from `allowed_hosts`.
struct HostPolicy {
  var ownName = ""
  /// A POST that shows no sign of a browser is accepted with any host, as supervisord does: other
  /// containers call the server by the name of its service, and XML-RPC uses POST. A browser sends
  /// `Origin` with each POST, but may show no sign of itself in a GET, for example after a
  /// `User-Agent` of its own and `Referrer-Policy: no-referrer`.
  var acceptsPrograms = false

  func accepts(_ head: HTTPRequestHead, allowed: [String]) -> Bool {
    if acceptsPrograms, head.method == "POST", Provenance(head) == .program { return true }
    return hosts(of: head).allSatisfy { isSafe($0) || allowed.contains($0) }
  }

  /// RFC 9112 section 3.2.2: a target with a host in it counts more than `Host`. Both are checked.
  private func hosts(of head: HTTPRequestHead) -> [String] {
    [head.fields["Host"], head.authority].compactMap { field in
      field.map(HostPolicy.name).flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  private func isSafe(_ name: String) -> Bool {
    name == "localhost" || name.hasSuffix(".localhost") || NetworkAddress(name) != nil
      || name == HostPolicy.name(of: ownName)
  }

  /// Without the port, the brackets of an IPv6 address and a dot at the end, in lower case. What is
  /// no host with an optional port stays as it is, which is no safe name.
  static func name(of field: String) -> String {
    let bytes = field.utf8.map(\.lowercasedASCII)
    var name: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>
    if bytes.first == UInt8(ascii: "[") {
      name = bytes.dropFirst().prefix { $0 != UInt8(ascii: "]") }
      guard name.endIndex < bytes.endIndex else { return String(decoding: bytes, as: UTF8.self) }
      rest = bytes[name.endIndex...].dropFirst()
    } else {
      name = bytes.prefix { $0 != UInt8(ascii: ":") }
      rest = bytes[name.endIndex...]
    }
    guard rest.isEmpty || rest.first == UInt8(ascii: ":"), rest.dropFirst().allSatisfy(\.isDigit)
    else { return String(decoding: bytes, as: UTF8.self) }
    if name.last == UInt8(ascii: ".") { name = name.dropLast() }
    return String(decoding: name, as: UTF8.self)
  }
}
