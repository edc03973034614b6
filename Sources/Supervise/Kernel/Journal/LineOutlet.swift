internal import Linux

/// Where PID 1 writes lines to, and never waits: the container's own descriptor, or a pipe to the
/// logger.
///
/// Lines that it does not take are queued in their order and written when it takes more: programs
/// write to the container's stdout as well, can keep its pipe full, and can make it as small as one
/// page; and the logger may wait for a disk. Lines beyond the limit are counted, and the writer of
/// the next line says how many are missing.
struct LineOutlet {
  /// Of the queue, in bytes.
  static let maxQueued = 256 << 10
  private static let maxWritesPerWakeUp = 16
  private static let newline = UInt8(ascii: "\n")

  private let outlet: SharedOutlet
  /// Where the queue has been registered with the event loop.
  var watch: Token?
  /// Allocated only while lines wait.
  private var queue: [UInt8] = []
  /// Of the queue.
  private var written = 0
  /// Lines that were lost since one was accepted.
  private(set) var lostLines = 0

  init(_ descriptor: Int32) { outlet = SharedOutlet(descriptor) }

  var descriptor: Int32 { outlet.watched }
  var isWaiting: Bool { written < queue.count }

  /// Writes a line with its end, as a whole or not at all. One that tells how many lines were lost
  /// before is passed as `notice`, and counts for none.
  mutating func write(_ line: [UInt8], after notice: [UInt8] = []) {
    flush()
    let bytes = notice.isEmpty ? line : notice + line
    let isTaken = isWaiting ? enqueue(bytes[...]) : send(bytes)
    lostLines = isTaken ? 0 : lostLines + (line.isEmpty ? 0 : 1)
  }

  /// Writes what the outlet takes now, so many pieces at most: a reader that is as fast as PID 1
  /// must not keep it here.
  mutating func flush() {
    for _ in 0..<LineOutlet.maxWritesPerWakeUp where isWaiting {
      let piece = SharedOutlet.piece(of: queue, from: written)
      guard let count = try? outlet.write(queue, piece) else { return discard() }
      guard count > 0 else { return }
      written += count
    }
    if !isWaiting { reset() }
  }

  /// Waits until the queue is written, at most until that time on the monotonic clock.
  mutating func drain(until deadline: UInt64) {
    while isWaiting {
      let now = monotonicNanoseconds()
      let rest = Int32(clamping: deadline > now ? (deadline - now) / 1_000_000 : 0)
      guard rest > 0, (try? waitFor(descriptor, .writable, milliseconds: rest)) == true else {
        return
      }
      flush()
    }
  }

  /// False where the outlet can take nothing any more, or the line is too long to be queued.
  private mutating func send(_ line: [UInt8]) -> Bool {
    let piece = SharedOutlet.piece(of: line, from: 0)
    guard line.count <= LineOutlet.maxQueued, let count = try? outlet.write(line, piece) else {
      return false
    }
    guard count < line.count else { return true }
    let isQueued = enqueue(line[count...])
    flush()
    return isQueued
  }

  /// False where there is no room for the line.
  private mutating func enqueue(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard queue.count - written + bytes.count <= LineOutlet.maxQueued else { return false }
    if queue.count + bytes.count > LineOutlet.maxQueued {
      queue.removeSubrange(..<written)
      written = 0
    }
    queue += bytes
    return true
  }

  /// The reader has closed its end.
  private mutating func discard() {
    lostLines += queue[written...].reduce(0) { $1 == Self.newline ? $0 + 1 : $0 }
    reset()
  }

  private mutating func reset() {
    queue = []
    written = 0
  }
}
