internal import Glibc

/// What a directory contains, in the order of the file system: readdir(3). A user may make any
/// number of names, which do not all fit into the memory.
@safe package final class DirectoryEntries {
  private let stream: OpaquePointer

  /// Throws ENOMEM.
  init(adopting descriptor: Int32) throws(Errno) {
    guard let stream = unsafe fdopendir(descriptor) else {
      let error = Errno.last
      closeDescriptor(descriptor)
      throw error
    }
    unsafe self.stream = stream
  }

  deinit { _ = unsafe closedir(stream) }

  /// The next name that is not `.` or `..`; nil at the end, also of a directory that has been
  /// removed meanwhile. Throws EIO.
  package func next() throws(Errno) -> String? {
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(system: $0)
        }
      }
      if name != ".", name != ".." { return name }
    }
    let error = Errno.last
    guard error.code == 0 || error == .notFound else { throw error }
    return nil
  }
}
