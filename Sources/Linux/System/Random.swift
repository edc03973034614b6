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
    (try? randomDigits(bytes: 8)) ?? "\(ThisProcess.identifier)-\(monotonicNanoseconds())"
  return ".entrypoint-\(digits)"
}
