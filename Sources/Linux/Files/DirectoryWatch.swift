internal import CLinux

/// inotify(7) on one directory: something was written, made or moved in it.
package struct DirectoryWatch: ~Copyable {
  private let descriptor: Descriptor

  package init(_ path: String) throws(Errno) {
    descriptor = Descriptor(adopting: try checked(unsafe clinux_watch_directory(path)))
  }

  /// Waits for the next change; false when there can be none any more.
  package func waitForChange() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    guard let count = try? readBytes(descriptor.raw, into: &buffer) else { return false }
    return count > 0
  }
}

/// pread(2).
package func readBytes(
  _ raw: Int32, at position: Int64, into buffer: inout [UInt8]
) throws(Errno) -> Int {
  let room = Int32(buffer.count)
  return Int(try checked(unsafe clinux_read_at(raw, &buffer, room, position)))
}
