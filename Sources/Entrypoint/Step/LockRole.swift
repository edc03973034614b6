internal import Linux

/// `lock=file:///path`: takes the lock, then becomes the command, which goes on holding it.
///
/// It is flock(2), so it ends with its holder however that one ends; and as it is inherited, it
/// also lasts as long as a child that the command leaves behind.
package enum LockRole {
  /// `path milliseconds executable argument0 argument…`
  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.count > 3, let given = UInt64(arguments[1]) else { return 2 }
    let path = arguments[0]
    let limit = min(given, longestWait)
    let lock: Int32
    do throws(PathProblem) { lock = try open(path) } catch {
      printErrorLine("lock \(path): \(error.message)")
      return 126
    }
    do throws(Errno) {
      guard try take(lock, limit) else {
        printErrorLine("lock \(path): still held by another one after \(limit / 1000)s")
        return 75
      }
      try setInheritable(lock, true)
      try ThisProcess.become(arguments[2], Array(arguments[3...]), ThisProcess.environment)
    } catch {
      printErrorLine("lock \(path): \(error.message)")
      return 126
    }
  }

  /// A file that root made in a user's directory, as an older supervisor did, or that another user
  /// made, is only read, which suffices for flock(2), but not on NFS. Nothing is written to it.
  private static func open(_ path: String) throws(PathProblem) -> Int32 {
    do throws(PathProblem) {
      // Any user who may read the file could hold the lock.
      return try SafePath.open(path, .readWrite, creating: 0o600, for: nil).descriptor
    } catch {
      guard case .refused(let refusal) = error else { throw error }
      switch refusal.reason {
      case .ownerDiffers, .foreign: break
      default: throw error
      }
      return try SafePath.open(path, .read).descriptor
    }
  }

  /// In milliseconds: as good as for ever, and still a number of nanoseconds.
  private static let longestWait: UInt64 = 1 << 40

  /// Without a limit the kernel queues us; with one we ask again and again, in ever longer steps.
  private static func take(_ lock: Int32, _ limit: UInt64) throws(Errno) -> Bool {
    guard limit > 0 else {
      try lockFile(lock, waiting: true)
      return true
    }
    let deadline = monotonicNanoseconds() + limit * 1_000_000
    var pause: Int32 = 5
    while true {
      do throws(Errno) {
        try lockFile(lock, waiting: false)
        return true
      } catch {
        guard error == .wouldBlock else { throw error }
        guard monotonicNanoseconds() < deadline else { return false }
      }
      pauseFor(milliseconds: pause)
      pause = min(pause * 2, 200)
    }
  }
}
