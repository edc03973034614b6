internal import CLinux

/// getaddrinfo(3) failed.
package struct ResolutionFailure: Error, Sendable, Equatable {
  package var message: String
}

/// All addresses of a name, as numbers, in the order of RFC 6724. May wait for a name server.
package func resolve(_ host: String) throws(ResolutionFailure) -> [String] {
  let stride = 64
  let most = 16
  var buffer = [CChar](repeating: 0, count: stride * most)
  let count = unsafe clinux_resolve(host, &buffer, Int32(stride), Int32(most))
  guard count >= 0 else {
    let text = unsafe clinux_resolve_message(count)
    throw ResolutionFailure(message: unsafe text.map { unsafe String(cString: $0) } ?? "unknown")
  }
  return (0..<Int(count)).map { index in
    let bytes = buffer[(index * stride)..<((index + 1) * stride)].prefix { $0 != 0 }
    return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Begins to connect to a numeric address; `connectionResult` says how it went once it is writable.
package func beginConnection(_ address: String, port: UInt16) throws(Errno) -> Int32 {
  try checked(unsafe clinux_connect_begin(address, "\(port)"))
}

package func connectionResult(_ raw: Int32) throws(Errno) {
  _ = try checked(clinux_connect_result(raw))
}
