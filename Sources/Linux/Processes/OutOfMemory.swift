internal import CLinux
internal import Glibc

/// How readily the kernel ends this process when memory is short, and what its children inherit:
/// /proc/self/oom_score_adj of proc(5).
package struct OutOfMemoryScore: ~Copyable {
  private static let path = "/proc/self/oom_score_adj"
  private let file: Descriptor
  /// From -1000 (never) to 1000.
  package let original: Int32

  /// Opens the file, which stays writable after a change of the user. Throws where /proc is not
  /// mounted.
  package init() throws(Errno) {
    let text = String(decoding: try readFile(Self.path), as: UTF8.self)
    guard let value = Int32(text.prefix { $0 == "-" || $0.isNumber }) else {
      throw Errno(code: EINVAL)
    }
    let opened = try openFile(Self.path, [.write])
    original = value
    file = Descriptor(adopting: opened)
  }

  /// A value below every earlier one needs CAP_SYS_RESOURCE: EACCES.
  package func set(_ value: Int32) throws(Errno) {
    let bytes = Array("\(value)".utf8)
    _ = try writeBytes(file.raw, bytes, bytes.indices)
  }
}

/// How many processes the kernel has ended in this container because its memory was used up:
/// `oom_kill` in memory.events (cgroup v2) or memory.oom_control (v1). Reading it never waits for
/// another process.
package struct OutOfMemoryCounter: ~Copyable {
  private let file: Descriptor

  /// nil: no memory cgroup of this process can be read.
  package init?() {
    let groups = (try? readFile("/proc/self/cgroup")).map { String(decoding: $0, as: UTF8.self) }
    guard let raw = OutOfMemoryCounter.open(groups ?? "") else { return nil }
    file = Descriptor(adopting: raw)
  }

  private static func open(_ groups: String) -> Int32? {
    for path in paths(groups) {
      guard let raw = try? openFile(path, [.read]) else { continue }
      if count(raw) != nil { return raw }
      closeDescriptor(raw)
    }
    return nil
  }

  /// Since the container was started; nil: the file can no longer be read.
  package func read() -> UInt64? { OutOfMemoryCounter.count(file.raw) }

  /// The group itself first, then the root: with a namespace of its own, and in most containers
  /// without one, the container's group is mounted there.
  private static func paths(_ groups: String) -> [String] {
    let root = "/sys/fs/cgroup"
    var paths: [String] = []
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let group = fields[2] == "/" ? "" : fields[2]
      if fields[1].isEmpty { paths.append("\(root)\(group)/memory.events") }
      if fields[1].split(separator: ",").contains("memory") {
        paths.append("\(root)/\(fields[1])\(group)/memory.oom_control")
      }
    }
    return paths + ["\(root)/memory.events", "\(root)/memory/memory.oom_control"]
  }

  private static func count(_ file: Int32) -> UInt64? {
    var buffer = [UInt8](repeating: 0, count: 1024)
    let size = Int32(buffer.count)
    let length = unsafe clinux_read_at(file, &buffer, size, 0)
    guard length > 0 else { return nil }
    for line in buffer[..<Int(length)].split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard words.count == 2, words[0].elementsEqual("oom_kill".utf8) else { continue }
      return UInt64(String(decoding: words[1], as: UTF8.self))
    }
    return nil
  }
}
