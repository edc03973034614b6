internal import CLinux
internal import Glibc

/// A file without a name, for what a short-lived role hands over to PID 1: memfd_create(2). A pipe
/// would hold 64 KiB, and PID 1 would have to read it while the role runs.
package struct MemoryFile: ~Copyable {
  /// Where a role finds the file.
  package static let roleDescriptor: Int32 = 3

  /// Throws EMFILE, ENFILE or ENOMEM.
  package static func make(_ name: String) throws(Errno) -> Int32 {
    try checked(unsafe clinux_memory_file(name))
  }

  private let descriptor: Descriptor
  package var raw: Int32 { descriptor.raw }

  package init(named name: String) throws(Errno) {
    descriptor = Descriptor(adopting: try MemoryFile.make(name))
  }

  /// A file that an earlier process, or PID 1, has made; nil where the descriptor is no such file,
  /// which is then left open.
  package init?(adopting raw: Int32) {
    guard raw > 2, (try? fileStatus(of: raw).kind) == .regular else { return nil }
    descriptor = Descriptor(adopting: raw)
    try? setInheritable(raw, false)
  }

  /// A file that this process has made with `make`, and closes from now on.
  package init(owning raw: Int32) { descriptor = Descriptor(adopting: raw) }

  /// What was put into the file, which no process writes any more. Throws EFBIG beyond `limit`
  /// bytes, and EINVAL where it is not whole.
  package func contents(limit: Int) throws(Errno) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: MemoryFile.headerSize)
    guard try readBytes(raw, at: 0, into: &header) == header.count else { throw .notRegular }
    let size = header.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard size <= UInt64(limit) else { throw .tooLarge }
    var contents: [UInt8] = []
    contents.reserveCapacity(Int(size))
    var buffer = readBuffer(size: 64 << 10)
    while contents.count < Int(size) {
      let count = try readBytes(raw, at: Int64(header.count + contents.count), into: &buffer)
      guard count > 0 else { throw .notRegular }
      contents += buffer[..<min(count, Int(size) - contents.count)]
    }
    return contents
  }

  /// The length of the contents, the lowest byte first. The file is never made shorter, since roles
  /// that read may not truncate.
  private static let headerSize = 8

  /// Puts `bytes` in the place of what the file held.
  package func replace(with bytes: [UInt8]) throws(Errno) {
    try write(bytes, at: MemoryFile.headerSize)
    let size = UInt64(bytes.count)
    try write(
      (0..<MemoryFile.headerSize).map { UInt8(truncatingIfNeeded: size >> UInt64(8 * $0)) }, at: 0)
  }

  private func write(_ bytes: [UInt8], at start: Int) throws(Errno) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe pwrite(
          raw, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written,
          off_t(start + written))
      }
      if count < 0, Errno.last == .interrupted { continue }
      guard count > 0 else { throw Errno.last }
      written += count
    }
  }
}
