internal import CLinux
internal import Glibc

package enum FileKind: Sendable, Equatable {
  case regular, directory, link, pipe, socket, characterDevice, blockDevice
}

package struct FileStatus: Sendable, Equatable {
  package var kind: FileKind
  /// The twelve permission bits.
  package var mode: UInt32
  package var user: UInt32
  package var group: UInt32
  package var size: Int64
  /// In bytes, what it occupies on the disk: less than its size where it has holes.
  package var allocated: Int64
  /// How many names it has: hard links.
  package var links: UInt64
  package var inode: UInt64
  package var device: UInt64
  /// When it was last written, in seconds since 1970.
  package var modified: Int64
  /// The nanoseconds of that second.
  package var modifiedFraction: Int64

  /// The mode bit by which a log is known (see `SafeDirectory.mark`): the sticky bit, which means
  /// nothing for a file on Linux. Only the file's owner and root can set it: chmod(2).
  static let mark: UInt32 = 0o1000

  /// A log is not executable. `chmod -R 1777` sets the bit for other files as well.
  package var isMarked: Bool { mode & (FileStatus.mark | 0o111) == FileStatus.mark }

  init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFDIR: kind = .directory
    case S_IFLNK: kind = .link
    case S_IFIFO: kind = .pipe
    case S_IFSOCK: kind = .socket
    case S_IFCHR: kind = .characterDevice
    case S_IFBLK: kind = .blockDevice
    default: kind = .regular
    }
    mode = status.st_mode & 0o7777
    user = status.st_uid
    group = status.st_gid
    size = Int64(status.st_size)
    // A file system that a user serves (FUSE) may state any number.
    allocated = 512 &* Int64(status.st_blocks)
    links = UInt64(status.st_nlink)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
    modified = Int64(status.st_mtim.tv_sec)
    modifiedFraction = Int64(status.st_mtim.tv_nsec)
  }
}

/// stat(2), or lstat(2) where links are not followed.
package func fileStatus(_ path: String, followingLinks: Bool = true) throws(Errno) -> FileStatus {
  var status = stat()
  let result = unsafe followingLinks ? stat(path, &status) : lstat(path, &status)
  guard result == 0 else { throw Errno.last }
  return FileStatus(status)
}

/// fstat(2).
package func fileStatus(of raw: Int32) throws(Errno) -> FileStatus {
  var status = stat()
  guard unsafe fstat(raw, &status) == 0 else { throw Errno.last }
  return FileStatus(status)
}

package struct OpenFlags: OptionSet, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let read = OpenFlags(rawValue: O_RDONLY)
  package static let write = OpenFlags(rawValue: O_WRONLY)
  package static let readWrite = OpenFlags(rawValue: O_RDWR)
  package static let create = OpenFlags(rawValue: O_CREAT)
  package static let exclusive = OpenFlags(rawValue: O_EXCL)
  package static let append = OpenFlags(rawValue: O_APPEND)
  package static let truncate = OpenFlags(rawValue: O_TRUNC)
  package static let directory = OpenFlags(rawValue: O_DIRECTORY)
  /// Opening a FIFO without a reader must not hang.
  package static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
}

/// open(2); closed by exec.
package func openFile(
  _ path: String, _ flags: OpenFlags, mode: UInt32 = 0o666
) throws(Errno) -> Int32 {
  try checked(unsafe clinux_open(path, flags.rawValue, mode))
}

/// The whole of a regular file. Throws EISDIR for a directory, EFBIG beyond `limit` bytes.
package func readFile(_ path: String, limit: Int = 16 << 20) throws(Errno) -> [UInt8] {
  let file = Descriptor(adopting: try openFile(path, .read))
  guard try fileStatus(of: file.raw).kind != .directory else { throw .isDirectory }
  return try fileContents(of: file.raw, limit)
}

/// The same of what is there now: a pipe is refused, for nobody may ever write to it. Throws EINVAL
/// for one.
package func readFileAtOnce(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
  let file = Descriptor(adopting: try openFile(path, [.read, .nonBlocking]))
  switch try fileStatus(of: file.raw).kind {
  case .directory: throw .isDirectory
  case .pipe, .socket: throw .notRegular
  case .regular, .link, .characterDevice, .blockDevice: return try fileContents(of: file.raw, limit)
  }
}

func fileContents(of raw: Int32, _ limit: Int) throws(Errno) -> [UInt8] {
  var contents: [UInt8] = []
  var buffer = readBuffer(size: 64 << 10)
  while true {
    let count = try readBytes(raw, into: &buffer)
    guard count > 0 else { return contents }
    guard contents.count + count <= limit else { throw .tooLarge }
    contents += buffer[..<count]
  }
}

/// readlink(2).
package func linkTarget(_ path: String) throws(Errno) -> String {
  var target = [CChar](repeating: 0, count: 4096)
  let count = unsafe readlink(path, &target, target.count)
  guard count >= 0 else { throw Errno.last }
  return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

package func removeFile(_ path: String) throws(Errno) {
  guard unsafe unlink(path) == 0 else { throw Errno.last }
}

package func removeDirectory(_ path: String) throws(Errno) {
  guard unsafe rmdir(path) == 0 else { throw Errno.last }
}

package func makeDirectory(_ path: String, mode: UInt32 = 0o777) throws(Errno) {
  guard unsafe mkdir(path, mode) == 0 else { throw Errno.last }
}

/// ftruncate(2), to nothing.
package func emptyFile(_ raw: Int32) throws(Errno) {
  guard ftruncate(raw, 0) == 0 else { throw Errno.last }
}

/// On an open file, so that no link can be put in its place meanwhile.
package func changeOwner(of raw: Int32, user: UInt32, group: UInt32) throws(Errno) {
  guard fchown(raw, user, group) == 0 else { throw Errno.last }
}

package func changeMode(of path: String, _ mode: UInt32) throws(Errno) {
  guard unsafe chmod(path, mode) == 0 else { throw Errno.last }
}

package func changeMode(of raw: Int32, _ mode: UInt32) throws(Errno) {
  guard fchmod(raw, mode) == 0 else { throw Errno.last }
}

/// The names in a directory, sorted; without `.` and `..`.
package func listDirectory(_ path: String) throws(Errno) -> [String] {
  guard let directory = unsafe opendir(path) else { throw Errno.last }
  defer { _ = unsafe closedir(directory) }
  var names: [String] = []
  while let entry = unsafe readdir(directory) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
        unsafe String(cString: $0)
      }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// glob(3) without marks: paths that exist, sorted by the C library; none is no error.
package func matchingPaths(_ pattern: String) -> [String] {
  var result = unsafe glob_t()
  defer { unsafe globfree(&result) }
  guard unsafe glob(pattern, 0, nil, &result) == 0 else { return [] }
  let paths = (0..<Int(unsafe result.gl_pathc)).compactMap { index in
    unsafe result.gl_pathv[index].map { unsafe String(cString: $0) }
  }
  return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

package func currentDirectory() -> String {
  guard let path = unsafe getcwd(nil, 0) else { return "/" }
  defer { unsafe free(path) }
  return unsafe String(cString: path)
}

/// flock(2), exclusive. Throws EAGAIN where it is held and `waiting` is false.
package func lockFile(_ raw: Int32, waiting: Bool) throws(Errno) {
  _ = try checked(clinux_lock_file(raw, waiting ? 1 : 0))
}
