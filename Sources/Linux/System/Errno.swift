internal import CLinux
internal import Glibc

/// What a system call refused with: errno(3).
package struct Errno: Error, Sendable, Equatable {
  package var code: Int32

  package init(code: Int32) { self.code = code }

  /// Of the call that has just failed; to be read before any other call.
  static var last: Errno { Errno(code: Glibc.errno) }

  package static let wouldBlock = Errno(code: EAGAIN)
  /// A signal came; the call is to be made again.
  static let interrupted = Errno(code: EINTR)
  package static let exists = Errno(code: EEXIST)
  package static let notFound = Errno(code: ENOENT)
  package static let notDirectory = Errno(code: ENOTDIR)
  package static let isDirectory = Errno(code: EISDIR)
  package static let accessDenied = Errno(code: EACCES)
  package static let notPermitted = Errno(code: EPERM)
  /// A FIFO that no process has open for reading: open(2), O_NONBLOCK.
  package static let noSuchDevice = Errno(code: ENXIO)
  package static let noSuchProcess = Errno(code: ESRCH)
  package static let addressInUse = Errno(code: EADDRINUSE)
  package static let connectionRefused = Errno(code: ECONNREFUSED)
  package static let brokenPipe = Errno(code: EPIPE)
  package static let noSpace = Errno(code: ENOSPC)
  package static let tooLarge = Errno(code: EFBIG)
  /// A record that is longer than a socket takes: unix(7).
  package static let messageTooLong = Errno(code: EMSGSIZE)
  package static let timedOut = Errno(code: ETIMEDOUT)
  package static let notRegular = Errno(code: EINVAL)
  package static let busy = Errno(code: EBUSY)
  package static let tooManyFiles = Errno(code: EMFILE)
  /// Too many symbolic links, or one where none is followed.
  package static let tooManyLinks = Errno(code: ELOOP)
  package static let nameTooLong = Errno(code: ENAMETOOLONG)
  package static let notSocket = Errno(code: ENOTSOCK)
  /// Of the whole system.
  package static let fileTableFull = Errno(code: ENFILE)
  package static let noMemory = Errno(code: ENOMEM)
  /// accept(2): the client left before it was accepted.
  package static let connectionAborted = Errno(code: ECONNABORTED)
  /// The other end of a connection has closed it.
  package static let notConnected = Errno(code: ENOTCONN)
  /// The kernel has no memory for a socket buffer.
  package static let noBuffers = Errno(code: ENOBUFS)
  /// Too many descriptors are on their way in messages: unix(7).
  package static let tooManyReferences = Errno(code: ETOOMANYREFS)
  package static let connectionReset = Errno(code: ECONNRESET)

  /// The same call may succeed later, with nothing else changed. Only EAGAIN has an end that
  /// epoll(7) reports; the others are repeated after a while.
  package var isTransient: Bool {
    [.wouldBlock, .interrupted, .noMemory, .noBuffers, .tooManyReferences].contains(self)
  }

  /// The host environment has no process, memory, descriptor or buffer left: a call that failed for
  /// it may succeed later. EMFILE is not among these, because it is a limit of the caller's own.
  package var isShortage: Bool {
    [.wouldBlock, .noMemory, .fileTableFull, .noBuffers].contains(self)
  }

  /// The other end of a connected socket is closed.
  package var isLossOfPeer: Bool {
    [.brokenPipe, .connectionReset, .connectionRefused, .notConnected].contains(self)
  }

  /// In lower case, as it stands in the middle of a sentence: `no such file or directory`.
  package var message: String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text).lowercasedFirst
  }

  /// `ENOENT`, as supervisord prints it.
  package var name: String {
    guard let text = unsafe clinux_error_name(code) else { return "errno \(code)" }
    return unsafe String(cString: text)
  }
}

/// The shim returns -errno, so that nothing can overwrite it on the way.
func checked(_ result: Int32) throws(Errno) -> Int32 {
  guard result >= 0 else { throw Errno(code: -result) }
  return result
}

extension String {
  fileprivate var lowercasedFirst: String {
    guard let first, first.isUppercase else { return self }
    return first.lowercased() + dropFirst()
  }
}
