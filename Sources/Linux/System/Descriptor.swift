internal import CLinux
internal import Glibc

/// An open descriptor and the duty to close it. A number that somebody else closes is a plain
/// `Int32`; so 0, 1 and 2 are never a `Descriptor`.
package struct Descriptor: ~Copyable {
  package let raw: Int32

  package init(adopting raw: Int32) { self.raw = raw }

  deinit { _ = close(raw) }

  /// Gives the number, and the duty to close it, to the caller.
  package consuming func release() -> Int32 {
    let number = raw
    discard self
    return number
  }
}

/// The two ends of a pipe(7), each owned until it is taken; exec closes both.
package struct Pipe: ~Copyable {
  private var readEnd: Descriptor?
  private var writeEnd: Descriptor?

  /// See `makePipe`. Throws EMFILE, ENFILE and ENOMEM.
  package init(ownReader: Bool = false) throws(Errno) {
    let ends = try makePipe(ownReader: ownReader)
    readEnd = Descriptor(adopting: ends.read)
    writeEnd = Descriptor(adopting: ends.write)
  }

  /// The number of the read end; nil: it has been taken.
  package var read: Int32? { Pipe.number(readEnd) }
  /// The number of the write end; nil: it has been taken.
  package var write: Int32? { Pipe.number(writeEnd) }

  private static func number(_ end: borrowing Descriptor?) -> Int32? {
    switch end {
    case .some(let descriptor): descriptor.raw
    case .none: nil
    }
  }

  /// The read end, which the caller owns from now on.
  package mutating func takeRead() -> Descriptor? { readEnd.take() }
  /// The write end, which the caller owns from now on.
  package mutating func takeWrite() -> Descriptor? { writeEnd.take() }
}

/// For tables that hold plain numbers.
package func closeDescriptor(_ raw: Int32) { _ = close(raw) }

/// A second number, of at least `minimum`, for the same open file; closed by exec.
package func duplicateDescriptor(_ raw: Int32, minimum: Int32 = 3) throws(Errno) -> Int32 {
  try checked(clinux_duplicate(raw, minimum))
}

/// Whether exec leaves it open: only for what a role is to find.
package func setInheritable(_ raw: Int32, _ inheritable: Bool) throws(Errno) {
  _ = try checked(clinux_set_inheritable(raw, inheritable ? 1 : 0))
}

/// pipe2(2); both ends are closed by exec.
///
/// `ownReader`: only the supervisor reads, and never waits for bytes. That poll(2) has shown some
/// does not suffice: a process that can open the pipe through /proc may take them before, and
/// before Linux 6.15 a write(2) that fails with EFAULT leaves a pipe that looks readable.
package func makePipe(ownReader: Bool = false) throws(Errno) -> (read: Int32, write: Int32) {
  var ends: [Int32] = [-1, -1]
  _ = try checked(unsafe clinux_pipe(&ends, ownReader ? 1 : 0))
  return (ends[0], ends[1])
}

/// How many bytes a pipe holds that nobody has read yet: FIONREAD of pipe(7).
package func unreadBytes(_ raw: Int32) throws(Errno) -> Int { Int(try checked(clinux_unread(raw))) }

/// Only for descriptors that nobody else shares: the flag belongs to the open file, not the number.
package func makeNonBlocking(_ raw: Int32) throws(Errno) {
  _ = try checked(clinux_make_nonblocking(raw))
}

package func isOpen(_ raw: Int32) -> Bool { fcntl(raw, F_GETFD) >= 0 }

package func isTerminal(_ raw: Int32) -> Bool { isatty(raw) == 1 }
