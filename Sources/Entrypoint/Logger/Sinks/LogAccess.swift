internal import Linux
internal import LoggerProtocol

/// How a log file is opened, and for whom it is made.
struct LogAccess {
  enum Opening {
    case file(SafeDirectory.Opened)
    /// The path leads to the container's own stdout or stderr, where a user has made it do so by a
    /// link of that user.
    case own(Int32, isByUser: Bool)
  }

  /// Of a file that is made, before the umask.
  private let mode: UInt32
  /// The group that may read it, where root makes the file; nil: root's.
  private let readers: UInt32?
  /// Of the programs that write to the log, each once.
  private var users: [UInt32]
  /// Sentences for the main log that have not been taken yet.
  private var warnings: [String] = []
  private var hasWarnedOfMark = false

  init(_ description: StreamDescription) {
    mode = description.isPrivate ? 0o600 : description.readers == nil ? 0o666 : 0o640
    readers = description.readers
    users = [description.user]
  }

  /// A program of this user writes there too. True where the log may be less than before: a FIFO
  /// of one user must not block a program of another one, and a private file of one user must not
  /// get the lines of another one.
  mutating func admit(_ other: UInt32) -> Bool {
    let before = user
    if !users.contains(other) { users.append(other) }
    return user != before
  }

  /// The user of every program that writes to the log; root where they differ.
  private var user: UInt32 { users.count == 1 ? users[0] : 0 }

  mutating func takeWarnings() -> [String] {
    defer { warnings = [] }
    return warnings
  }

  /// Whether another user may have caused this failure to open or write the log: by what is at the
  /// path, or by using up the quota or the disk. A FIFO without a reader is opened only where it
  /// belongs to the program's own user or to root.
  func isCausedByOthers(_ problem: PathProblem, _ path: String) -> Bool {
    if problem.isRefusal { return true }
    return problem != .system(.noSuchDevice) && SafePath.othersMayChange(path, except: user)
  }

  /// The log of these backups, for appending; `emptying`: the caller empties it.
  mutating func open(_ backups: Backups, emptying: Bool) throws(PathProblem) -> Opening {
    switch try SafePath.resolve(backups.path) {
    case .descriptor(let number, let isByUser):
      // Further descriptors of the logger are not the container's.
      guard (1...2).contains(number) else { throw .system(.notFound) }
      return .own(number, isByUser: isByUser)
    case .entry(let directory, let name):
      do throws(PathProblem) { return .file(try open(name, in: directory, emptying)) } catch {
        guard giveWay(name, in: directory, backups, error) else { throw error }
        return .file(try open(name, in: directory, emptying))
      }
    }
  }

  private mutating func open(
    _ name: String, in directory: SafeDirectory, _ emptying: Bool
  ) throws(PathProblem) -> SafeDirectory.Opened {
    let writer =
      readers.map { FileIdentity(user: user, group: $0) } ?? .of(user, directoryGroup: 0)
    var opened = try directory.open(name, [.write, .append], creating: mode, for: writer)
    guard !emptying || opened.isNew || directory.mayEmpty(opened) else {
      closeDescriptor(opened.descriptor)
      throw .refused(PathRefusal(directory.path(of: name), owner: opened.status.user, .unmarked))
    }
    if opened.isNew, !directory.mark(opened, for: writer) {
      warnOfMark(directory.path(of: name))
    }
    guard opened.isNew, let readers, directory.identity.user == 0 else { return opened }
    if (try? changeOwner(of: opened.descriptor, user: opened.status.user, group: readers)) != nil {
      opened.status.group = readers
    }
    return opened
  }

  /// Makes room for a new log where the logger may not append to the file at the path, with the
  /// rights of the directory's user. False: the file stays.
  ///
  /// A log that root has made in a user's directory, as supervisord does, is rotated with its
  /// backups. A file that other users may have moved to the path is renamed to a free number, which
  /// replaces none of these backups. So is a file of one user to whose log programs of other users
  /// write as well.
  private mutating func giveWay(
    _ name: String, in directory: SafeDirectory, _ backups: Backups, _ problem: PathProblem
  ) -> Bool {
    guard case .refused(let refusal) = problem,
      refusal.reason == .unmarked || refusal.isOfRootInDirectoryOfUser || isOfOneWriter(refusal),
      let status = try? directory.status(name), status.user == refusal.owner,
      status.kind == .regular, status.links == 1, name == Backups.name(backups.path)
    else { return false }
    // logrotate has made an empty file.
    if status.size == 0 { return (try? directory.remove(name)) != nil }
    let isRotated = refusal.isOfRootInDirectoryOfUser && backups.count > 0
    guard let kept = isRotated ? rotate(backups, directory) : backups.setAside(in: directory) else {
      return false
    }
    warnings.append(
      "renamed \(backups.path) to \(kept) and made a new log: the file \(cause(of: refusal))")
    return true
  }

  private func isOfOneWriter(_ refusal: PathRefusal) -> Bool {
    refusal.reason == .foreign && users.contains(refusal.owner)
  }

  private func cause(of refusal: PathRefusal) -> String {
    guard refusal.reason == .foreign else { return refusal.reasonText }
    return "belongs to \(PathRefusal.name(refusal.owner)), and programs of other users write there"
  }

  /// The new path of the log; nil: it cannot be renamed.
  private func rotate(_ backups: Backups, _ directory: SafeDirectory) -> String? {
    (try? backups.shift(in: directory)).map { backups.plain(1) }
  }

  private mutating func warnOfMark(_ path: String) {
    guard !hasWarnedOfMark else { return }
    hasWarnedOfMark = true
    warnings.append(
      "cannot set the sticky bit of \(path), by which the logger recognizes its logs: at each "
        + "start it will rename this file and make a new one; let only the program's user change "
        + "the directory")
  }
}

extension PathRefusal {
  fileprivate var isOfRootInDirectoryOfUser: Bool {
    guard case .ownerDiffers = reason else { return false }
    return owner == 0
  }
}

extension FileNumber {
  init(_ status: FileStatus) { self.init(device: status.device, inode: status.inode) }
}

/// Lines of a file that go over a descriptor of the container instead.
struct Detour {
  /// The container's log.
  private static let containerLog: Int32 = 2
  /// In nanoseconds: how long after a failure the path is tried again.
  private static let delay: UInt64 = 10_000_000_000

  /// nil: the file is written to, or its lines are dropped.
  private(set) var descriptor: Int32?
  /// When the path is tried again, on the monotonic clock; nil: not before it is opened again.
  private var nextAttempt: UInt64?

  /// The lines are written as they are, since no user but root has brought the detour about.
  private(set) var isTrusted = false

  var isTaken: Bool { descriptor != nil }
  var isDue: Bool { nextAttempt.map { $0 <= monotonicNanoseconds() } ?? false }

  /// The path is a link to this descriptor.
  mutating func lead(to descriptor: Int32, isTrusted: Bool) {
    self.descriptor = descriptor
    self.isTrusted = isTrusted
    nextAttempt = nil
  }

  /// A log that cannot be opened or written because of other users must not cost a line.
  mutating func begin() {
    descriptor = Detour.containerLog
    isTrusted = false
    nextAttempt = monotonicNanoseconds() + Detour.delay
  }
}
