internal import CLinux

/// Random bytes of the kernel, as hexadecimal digits: getrandom(2). Throws EAGAIN where the machine
/// has none yet.
package func randomDigits(bytes count: Int) throws(Errno) -> String {
  var bytes = [UInt8](repeating: 0, count: count)
  _ = try checked(unsafe clinux_random(&bytes, Int32(count)))
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

/// A name for a file or a directory that is about to be moved or removed. No other user can guess
/// it, and so take it before; where the machine has no random bytes yet, hardly.
package func temporaryName() -> String {
  let digits =
    (try? randomDigits(bytes: nameBytes))
    ?? "\(ThisProcess.identifier)-\(monotonicNanoseconds())"
  return namePrefix + digits
}

/// Whether `temporaryName` has made the name of random bytes.
package func isTemporaryName(_ name: String) -> Bool {
  let digits = name.utf8.dropFirst(namePrefix.utf8.count)
  return name.hasPrefix(namePrefix) && digits.count == 2 * nameBytes
    && digits.allSatisfy { "0123456789abcdef".utf8.contains($0) }
}

private let namePrefix = ".entrypoint-"
private let nameBytes = 8
