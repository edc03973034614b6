internal import CLinux
internal import Glibc

/// Everything about one program that does not change from start to start, laid out in C's memory
/// once, so that starting it again allocates nothing.
@safe package final class Launch {
  /// What a program is to have; the path already looked up.
  package struct Recipe {
    package var path: String
    package var arguments: [String]
    package var environment: ProgramEnvironment
    package var directory: String?
    package var umask: UInt32?
    package var identity: (user: UInt32, group: UInt32, others: [UInt32])?
    package var limits: [(resource: Int32, soft: UInt64, hard: UInt64)] = []
    package var nice: Int32?
    package var oomScoreAdjustment: Int32?
    package var noNewPrivileges = false
    /// The processors it may run on, below 1024; empty: all that we may.
    package var processors: [Int] = []
    /// The capabilities it keeps, a bit for each; nil: what is left of ours.
    package var capabilities: UInt64?
    /// For a role: what it keeps of the rights that are left after `identity`.
    package var reducedRights: ReducedRights?
    /// For a check's command: nobody else ends it when the check itself is killed.
    package var diesWithParent = false
    /// For one that is to end with whatever ends us.
    package var staysInGroup = false
    package var takesTerminal = false
    package var fallsBackToShell = false

    /// With an environment that is shared with no other launch; each entry is `NAME=value`.
    package init(path: String, arguments: [String], environment: [String]) {
      self.init(
        path: path, arguments: arguments, environment: ProgramEnvironment(environment))
    }

    package init(path: String, arguments: [String], environment: ProgramEnvironment) {
      self.path = path
      self.arguments = arguments
      self.environment = environment
    }
  }

  /// What a child gets as 0, 1 and 2, and one more; nil is /dev/null, or nothing.
  package struct Streams: Sendable {
    package var input: Int32?
    package var output: Int32?
    package var error: Int32?
    package var extra: (from: Int32, to: Int32)?
    /// What the child sends on `channel` before it does anything else: `record`, its last eight
    /// bytes replaced by its pid.
    package var announcement: (channel: Int32, record: [UInt8])?

    package init(input: Int32?, output: Int32?, error: Int32?) {
      self.input = input
      self.output = output
      self.error = error
    }
  }

  /// As whom the program is started; nil: as the caller.
  package let user: UInt32?
  package let group: UInt32?
  private let arguments: CStringList
  private let environment: LaidOutEnvironment
  private let paths: CStringList
  private let limits: UnsafeMutableBufferPointer<clinux_limit>
  private let groups: UnsafeMutableBufferPointer<UInt32>
  private let processors: UnsafeMutableBufferPointer<UInt64>
  private let role: UnsafeMutableBufferPointer<clinux_role>
  private var record = unsafe clinux_launch()

  package init(_ recipe: Recipe) {
    user = recipe.identity?.user
    group = recipe.identity?.group
    arguments = CStringList(recipe.arguments)
    environment = LaidOutEnvironment(recipe.environment)
    paths = CStringList([recipe.path] + (recipe.directory.map { [$0] } ?? []))
    unsafe limits = .allocate(capacity: recipe.limits.count)
    _ = unsafe limits.initialize(
      from: recipe.limits.map { clinux_limit(resource: $0.resource, soft: $0.soft, hard: $0.hard) })
    unsafe groups = .allocate(capacity: recipe.identity?.others.count ?? 0)
    _ = unsafe groups.initialize(from: recipe.identity?.others ?? [])
    let mask = Launch.mask(recipe.processors)
    unsafe processors = .allocate(capacity: mask.count)
    _ = unsafe processors.initialize(from: mask)
    let rights = recipe.reducedRights.map { [$0.record] } ?? []
    unsafe role = .allocate(capacity: rights.count)
    _ = unsafe role.initialize(from: rights)
    point()
    describe(recipe)
  }

  deinit {
    unsafe limits.deallocate()
    unsafe groups.deallocate()
    unsafe processors.deallocate()
    unsafe role.deallocate()
  }

  /// For sched_setaffinity(2).
  private static func mask(_ processors: [Int]) -> [UInt64] {
    guard let last = processors.max() else { return [] }
    var words = [UInt64](repeating: 0, count: last / 64 + 1)
    for number in processors { words[number / 64] |= 1 << UInt64(number % 64) }
    return words
  }

  private func point() {
    unsafe record.path = paths.string(0)
    unsafe record.directory = paths.count > 1 ? paths.string(1) : nil
    unsafe record.arguments = arguments.pointers
    unsafe record.limits = UnsafePointer(limits.baseAddress)
    unsafe record.limit_count = Int32(limits.count)
    unsafe record.groups = UnsafePointer(groups.baseAddress)
    unsafe record.group_count = Int32(groups.count)
    unsafe record.processors = UnsafePointer(processors.baseAddress)
    unsafe record.processor_words = Int32(processors.count)
    unsafe record.role = role.isEmpty ? nil : UnsafePointer(role.baseAddress)
  }

  private func describe(_ recipe: Recipe) {
    unsafe record.umask_value = recipe.umask.map { Int32($0) } ?? -1
    unsafe record.has_identity = recipe.identity == nil ? 0 : 1
    unsafe record.uid = recipe.identity?.user ?? 0
    unsafe record.gid = recipe.identity?.group ?? 0
    unsafe record.has_nice = recipe.nice == nil ? 0 : 1
    unsafe record.nice = recipe.nice ?? 0
    unsafe record.has_oom = recipe.oomScoreAdjustment == nil ? 0 : 1
    unsafe record.oom = recipe.oomScoreAdjustment ?? 0
    unsafe record.no_new_privileges = recipe.noNewPrivileges ? 1 : 0
    unsafe record.has_capabilities = recipe.capabilities == nil ? 0 : 1
    unsafe record.capabilities = recipe.capabilities ?? 0
    unsafe record.dies_with_parent = recipe.diesWithParent ? 1 : 0
    unsafe record.stays_in_group = recipe.staysInGroup ? 1 : 0
    unsafe record.foreground = recipe.takesTerminal ? 1 : 0
    unsafe record.shell_fallback = recipe.fallsBackToShell ? 1 : 0
  }

  /// Starts it in a session of its own, or where it takes the terminal in a process group of its
  /// own. The child makes the session, so the group may not exist yet when this returns. What fails
  /// in the child is in `report` once the child can be reaped; what fails here is thrown (EAGAIN:
  /// the limit of processes).
  package func start(_ streams: Streams, report: SpawnReport) throws(Errno) -> Int32 {
    unsafe record.stdio = (streams.input ?? -1, streams.output ?? -1, streams.error ?? -1)
    unsafe record.extra_from = streams.extra?.from ?? -1
    unsafe record.extra_to = streams.extra?.to ?? -1
    unsafe record.report = report.pointer
    let announcement = streams.announcement?.record ?? []
    unsafe record.announcement_size = Int32(announcement.count)
    unsafe record.announcement_channel = streams.announcement?.channel ?? -1
    return try unsafe announcement.withUnsafeBufferPointer { bytes throws(Errno) in
      unsafe record.announcement = bytes.baseAddress
      return try unsafe environment.withPointers { variables throws(Errno) in
        unsafe record.environment = variables
        return try checked(unsafe clinux_spawn(&record))
      }
    }
  }
}

/// A NULL-terminated array of C strings, and the memory behind it.
@safe final class CStringList {
  private let list: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>
  let count: Int

  init(_ strings: [String]) {
    count = strings.count
    unsafe list = .allocate(capacity: strings.count + 1)
    _ = unsafe list.initialize(from: strings.map(CStringList.copy) + [nil])
  }

  private static func copy(_ text: String) -> UnsafeMutablePointer<CChar>? {
    unsafe text.systemBytes.withUnsafeBytes { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { text in
        unsafe text.baseAddress.map { unsafe strndup($0, text.count) } ?? strdup("")
      }
    }
  }

  deinit {
    for index in 0..<count { unsafe free(list[index]) }
    unsafe list.deallocate()
  }

  var pointers: UnsafePointer<UnsafeMutablePointer<CChar>?>? {
    unsafe UnsafePointer(list.baseAddress)
  }

  func pointer(_ index: Int) -> UnsafeMutablePointer<CChar>? { unsafe list[index] }

  func string(_ index: Int) -> UnsafePointer<CChar>? { unsafe UnsafePointer(list[index]) }
}
