internal import Glibc

/// What one process uses, by proc_pid_stat(5).
package struct ProcessUsage: Sendable, Equatable {
  package var pid: Int32
  /// Who has started it, or has adopted it since; 0 for one that has come from outside.
  package var parent: Int32
  /// The pid of the process that made its session: setsid(2). No process can join another session.
  package var session: Int32
  /// In clock ticks since the machine started: with the pid it names one process for good.
  package var startedAt: UInt64
  /// User and system together, in nanoseconds.
  package var processorTime: UInt64
  package var residentBytes: UInt64

  package init(
    pid: Int32, parent: Int32 = 0, session: Int32, startedAt: UInt64 = 0, processorTime: UInt64,
    residentBytes: UInt64
  ) {
    self.pid = pid
    self.parent = parent
    self.session = session
    self.startedAt = startedAt
    self.processorTime = processorTime
    self.residentBytes = residentBytes
  }

  /// Fields of the line are counted from behind the name, which may hold blanks and parentheses.
  private enum Field {
    static let parent = 1
    static let session = 3
    static let userTime = 11
    static let systemTime = 12
    static let startTime = 19
    static let residentPages = 21
  }

  /// nil for what is no such line.
  package init?(statLine line: ArraySlice<UInt8>, pageSize: UInt64 = pageSize) {
    guard let open = line.firstIndex(of: UInt8(ascii: "(")),
      let close = line.lastIndex(of: UInt8(ascii: ")")), open < close,
      let pid = Int32(number: line[..<open].dropLast())
    else { return nil }
    let fields = line[(close + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > Field.residentPages, let parent = Int32(number: fields[Field.parent]),
      let session = Int32(number: fields[Field.session]),
      let user = UInt64(number: fields[Field.userTime]),
      let system = UInt64(number: fields[Field.systemTime]),
      let startedAt = UInt64(number: fields[Field.startTime]),
      let pages = UInt64(number: fields[Field.residentPages])
    else { return nil }
    // USER_HZ is 100 on every architecture that Linux runs on today.
    self.init(
      pid: pid, parent: parent, session: session, startedAt: startedAt,
      processorTime: (user &+ system) &* 10_000_000, residentBytes: pages &* pageSize)
  }

  /// Of one process; nil when it does not exist, or where /proc hides it.
  package static func of(_ pid: Int32) -> ProcessUsage? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    return read("/proc/\(pid)/stat", &buffer)
  }

  /// The first field behind the name.
  fileprivate static func state(ofStatLine line: ArraySlice<UInt8>) -> UInt8? {
    guard let close = line.lastIndex(of: UInt8(ascii: ")")), close + 2 < line.endIndex else {
      return nil
    }
    return line[close + 2]
  }

  /// Of every process that can be seen. Those that end meanwhile are left out.
  package static func all() -> [ProcessUsage] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    return ((try? listDirectory("/proc")) ?? []).compactMap { name in
      guard name.utf8.first.map({ (48...57).contains($0) }) == true else { return nil }
      return read("/proc/\(name)/stat", &buffer)
    }
  }

  /// Whoever has it as a parent, and theirs.
  package static func descendants(of pid: Int32) -> [Int32] {
    let children = Dictionary(grouping: all(), by: \.parent)
    var found: [Int32] = []
    var open = [pid]
    while let next = open.popLast() {
      let pids = (children[next] ?? []).map(\.pid)
      found += pids
      open += pids
    }
    return found
  }

  private static func read(_ path: String, _ buffer: inout [UInt8]) -> ProcessUsage? {
    guard let file = try? openFile(path, .read) else { return nil }
    defer { closeDescriptor(file) }
    guard let count = try? readBytes(file, into: &buffer) else { return nil }
    return ProcessUsage(statLine: buffer[..<count])
  }

  package static var pageSize: UInt64 { UInt64(clamping: getpagesize()) }
}

/// Why a process does nothing, by proc_pid_stat(5).
package enum ProcessState: Sendable, Equatable {
  /// D: no signal ends it before a device answers.
  case waitingForDevice
  /// t: a debugger has stopped it.
  case traced
  case other
}

/// `other` also when the process does not exist, or where /proc is not mounted.
package func processState(of pid: Int32) -> ProcessState {
  var buffer = [UInt8](repeating: 0, count: 1024)
  guard let file = try? openFile("/proc/\(pid)/stat", .read) else { return .other }
  defer { closeDescriptor(file) }
  let count = (try? readBytes(file, into: &buffer)) ?? 0
  switch ProcessUsage.state(ofStatLine: buffer[..<count]) {
  case UInt8(ascii: "D"): return .waitingForDevice
  case UInt8(ascii: "t"): return .traced
  default: return .other
  }
}

/// Whether the last file that a process has executed is the one that `ThisProcess.ownExecutable`
/// names: the kernel names a process after the path of its last execve(2) (comm in proc(5)). False
/// when the process does not exist, or where /proc is not mounted.
package func executesOwnBinary(_ pid: Int32) -> Bool {
  var buffer = [UInt8](repeating: 0, count: 64)
  guard let file = try? openFile("/proc/\(pid)/comm", .read) else { return false }
  defer { closeDescriptor(file) }
  guard let count = try? readBytes(file, into: &buffer) else { return false }
  return buffer[..<count].elementsEqual("exe\n".utf8)
}

extension FixedWidthInteger {
  /// Decimal digits, and nothing else.
  fileprivate init?(number digits: ArraySlice<UInt8>) {
    self.init(String(decoding: digits, as: UTF8.self))
  }
}
