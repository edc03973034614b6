internal import CLinux

/// pidfd_open(2): a descriptor that names one process for good, whatever becomes of its number. It
/// is readable once the process has ended. Throws ESRCH for no such process, ENOSYS before Linux
/// 5.3.
package func openProcess(_ pid: Int32) throws(Errno) -> Int32 {
  try checked(clinux_process_open(pid))
}

/// pidfd_send_signal(2). Throws ESRCH once the process has ended and has been reaped.
package func sendSignal(_ number: Int32, toProcessBehind handle: Int32) throws(Errno) {
  _ = try checked(clinux_process_signal(handle, number))
}

/// Whether the process behind this handle has ended.
package func hasEnded(processBehind handle: Int32) -> Bool {
  (try? waitFor(handle, .readable, milliseconds: 0)) ?? true
}

/// The real and the effective user of a process: proc_pid_status(5). nil when it does not exist, or
/// where /proc hides it.
package func users(ofProcess pid: Int32) -> (real: UInt32, effective: UInt32)? {
  guard let bytes = try? readFileAtOnce("/proc/\(pid)/status", limit: 64 << 10) else { return nil }
  for line in bytes.split(separator: UInt8(ascii: "\n")) {
    let words = line.split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
    guard words.count >= 3, words[0].elementsEqual("Uid:".utf8),
      let real = UInt32(String(decoding: words[1], as: UTF8.self)),
      let effective = UInt32(String(decoding: words[2], as: UTF8.self))
    else { continue }
    return (real, effective)
  }
  return nil
}
