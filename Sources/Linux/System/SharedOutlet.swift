internal import CLinux

/// A descriptor that others write to as well, and that is never waited for: the container's stdout
/// and stderr.
package struct SharedOutlet {
  /// As it was given; others have it too.
  package let raw: Int32
  /// An open file of our own for the same pipe or terminal, or the one we were given.
  private let own: Int32
  private let kind: Int32
  /// False for a regular file: epoll_ctl(2) refuses one, so no event says when a file system that
  /// has returned EAGAIN takes more.
  private let canBeAwaited: Bool

  /// Where /proc or the rights for an open file of our own are missing the given one is used.
  package init(_ raw: Int32) {
    self.raw = raw
    let reopened = clinux_reopen_for_writing(raw)
    own = reopened >= 0 ? reopened : raw
    let given = max(clinux_outlet_kind(raw), CLINUX_FILE)
    kind = reopened >= 0 ? CLINUX_FILE : given
    canBeAwaited = reopened >= 0 || given != CLINUX_FILE
  }

  /// To be registered with a poller: writable when `write` can write something.
  package var watched: Int32 { own }

  /// What a pipe takes in one piece, from `start` on, at most up to the end of a line, so that
  /// lines of other processes do not come in between.
  package static func piece(of bytes: [UInt8], from start: Int) -> Range<Int> {
    let most = min(bytes.count, start + pipeAtomicSize)
    guard most < bytes.count,
      let end = bytes[start..<most].lastIndex(of: UInt8(ascii: "\n"))
    else { return start..<most }
    return start..<(end + 1)
  }

  /// One that nobody shares and that does not block.
  package init(nonBlocking raw: Int32) {
    self.raw = raw
    own = raw
    kind = CLINUX_FILE
    canBeAwaited = true
  }

  /// The number of bytes that fit now; zero when the reader is stuck. Throws EPIPE when the reader
  /// has closed its end, and each error of a regular file.
  package func write(_ buffer: [UInt8], _ range: Range<Int>) throws(Errno) -> Int {
    let count = unsafe buffer.withUnsafeBytes { bytes in
      unsafe clinux_write_at_once(
        own, kind, bytes.baseAddress.map { unsafe $0 + range.lowerBound }, Int32(range.count))
    }
    do { return Int(try checked(count)) } catch {
      guard error == .wouldBlock, canBeAwaited else { throw error }
      return 0
    }
  }
}

/// Lets every user open a pipe or terminal of ours by its name in /proc, as `/dev/stdout` is opened
/// by programs that have dropped root.
package func admitWriters(_ raw: Int32) { _ = clinux_admit_writers(raw) }
