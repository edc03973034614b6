internal import SafeText

extension RedisLock {
  /// `redis://[user:password@]host[:port]/key[?lease=30s]`.
  package static func parse(_ text: String) throws(ValueProblem) -> RedisLock {
    let parts = text.fields(separatedBy: "?", maxSplits: 1, omittingEmpty: false)
    let address = String(parts.first ?? "").trimmed
    guard case .redis(let endpoint, let login) = try ProbeURL.parse(address) else {
      throw ValueProblem("it does not begin with redis://")
    }
    let key = address.dropFirst("redis://".count).drop { $0 != "/" }.dropFirst()
    guard !key.isEmpty, key.utf8.count <= 1024 else {
      throw ValueProblem("write the key after the host: redis://host/key")
    }
    var lock = RedisLock(endpoint: endpoint, login: login, key: String(key))
    if parts.count == 2 { lock.lease = try lease(String(parts[1])) }
    return lock
  }

  private static func lease(_ text: String) throws(ValueProblem) -> Duration {
    guard text.hasPrefix("lease=") else {
      throw ValueProblem("\(text.quoted) is no option of a lock; write ?lease=30s, or nothing")
    }
    let lease = try Scalar.duration(String(text.dropFirst("lease=".count)))
    guard lease >= .seconds(1), lease <= .seconds(3600) else {
      throw ValueProblem("a lease is 1s at least and 1h at most, not \(text.dropFirst(6).quoted)")
    }
    return lease
  }
}

extension RedisLock: CustomStringConvertible {
  /// As it may be shown to anybody: without its password.
  package var description: String {
    "redis://\(login == nil ? "" : ":***@")\(endpoint)/\(key)"
  }

  /// With its password, for whoever takes the lock.
  package var confidentialText: String {
    let start = "redis://\(login.map { "\($0.text)@" } ?? "")\(endpoint)/\(key)"
    let (seconds, attoseconds) = lease.components
    return "\(start)?lease=\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
  }
}

extension Substring {
  fileprivate var quoted: String { String(self).quoted }
}
