internal import CLinux
internal import Glibc
internal import SafeText

/// A buffer for `readBytes`. What it holds before a read is unspecified: no page of it is touched,
/// and takes memory, until a read needs it.
package func readBuffer(size: Int) -> [UInt8] {
  unsafe [UInt8](unsafeUninitializedCapacity: size) { _, count in count = size }
}

/// read(2) into the buffer; zero at the end of the file.
package func readBytes(_ raw: Int32, into buffer: inout [UInt8]) throws(Errno) -> Int {
  let room = buffer.count
  while true {
    let count = unsafe read(raw, &buffer, room)
    if count >= 0 { return count }
    let error = Errno.last
    guard error == .interrupted else { throw error }
  }
}

/// write(2) of `range`; may write less.
package func writeBytes(
  _ raw: Int32, _ buffer: [UInt8], _ range: Range<Int>
) throws(Errno) -> Int {
  while true {
    let count = unsafe buffer.withUnsafeBytes { bytes in
      unsafe write(raw, bytes.baseAddress.map { unsafe $0 + range.lowerBound }, range.count)
    }
    if count >= 0 { return count }
    let error = Errno.last
    guard error == .interrupted else { throw error }
  }
}

/// Writes everything, waiting as long as it takes: for roles and commands, never for PID 1.
package func writeAll(_ raw: Int32, _ buffer: [UInt8]) throws(Errno) {
  var start = 0
  while start < buffer.count {
    start += try writeBytes(raw, buffer, start..<buffer.count)
  }
}

/// What a pipe takes in one piece: pipe(7), PIPE_BUF.
package let pipeAtomicSize = 4096

/// Writes what fits now and returns its length; zero when the reader is stuck.
///
/// The open file behind the container's stdout is shared with other processes, so it is asked
/// with poll(2) first and never made non-blocking.
package func writeWithoutBlocking(
  _ raw: Int32, _ buffer: [UInt8], _ range: Range<Int>
) throws(Errno) -> Int {
  // A full pipe whose reader has gone is not writable, but the write says so at once: EPIPE.
  guard try checked(clinux_poll_one(raw, CLINUX_WRITABLE, 0)) != 0 else { return 0 }
  let upper = min(range.upperBound, range.lowerBound + pipeAtomicSize)
  return try writeBytes(raw, buffer, range.lowerBound..<upper)
}

/// Waits for one descriptor; false when the time is over. nil waits for ever.
package func waitFor(
  _ raw: Int32, _ interest: Interest, milliseconds: Int32?
) throws(Errno) -> Bool {
  try checked(clinux_poll_one(raw, interest.rawValue, milliseconds ?? -1)) != 0
}

/// Repeats a call of a role, with pauses of 10 ms, for as long as the kernel has no memory for it.
/// Never for PID 1. Throws every other error, EAGAIN among them.
package func repeatingTransient<Value>(
  _ call: () throws(Errno) -> Value
) throws(Errno) -> Value {
  while true {
    do throws(Errno) { return try call() } catch {
      guard error.isTransient, error != .wouldBlock else { throw error }
      pauseFor(milliseconds: 10)
    }
  }
}

/// For messages of commands and roles; what cannot be written has nobody to be told to. Control
/// characters other than line ends and tabs are escaped: messages quote programs, peers and files.
package func printOut(_ text: String) { printStyled(text.escapingControlsInLines) }
package func printError(_ text: String) {
  try? writeAll(2, Array(text.escapingControlsInLines.utf8))
}

/// For a message of a role on stderr, which is the container's log. Line ends in the message are
/// escaped too, because a file name or a server's answer in it could forge a line of the log.
package func printErrorLine(_ message: String) { printError("\(message.escapingControls)\n") }

/// The same on stdout for text with control sequences of our own. The caller escapes what is
/// foreign in it, unless the text is output of a program, which is passed on as it is.
package func printStyled(_ text: String) { try? writeAll(1, Array(text.utf8)) }

/// poll(2) of nothing: for roles that have nothing better to wait for; never for PID 1.
package func pauseFor(milliseconds: Int32) { _ = clinux_poll_one(-1, 0, milliseconds) }
