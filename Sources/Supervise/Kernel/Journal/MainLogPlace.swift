internal import Linux

/// One place of the main log: the container's own descriptor, or the pipe to the logger.
///
/// PID 1 never waits for it. Lines that it does not take are queued in their order and written when
/// it takes more: programs write to the container's stdout as well, can keep its pipe full, and can
/// make it as small as one page. Lines beyond the limit are counted, and the next line that is
/// accepted says how many are missing.
struct MainLogPlace {
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
  private var lostLines = 0

  init(_ descriptor: Int32) { outlet = SharedOutlet(descriptor) }

  var descriptor: Int32 { outlet.watched }
  var isWaiting: Bool { written < queue.count }

  /// `line` has no newline at its end; what a pipe does not take as a whole is cut off.
  mutating func write(_ line: String) {
    let lost = lostLines > 0 ? " (\(lostLines) lines were lost here)" : ""
    let bytes = Array("\(line)\(lost)".utf8.prefix(pipeAtomicSize - 1)) + [Self.newline]
    flush()
    let isTaken = isWaiting ? enqueue(bytes[...]) : send(bytes)
    lostLines = isTaken ? 0 : lostLines + 1
  }

  /// Writes what the place takes now, so many pieces at most: a reader that is as fast as PID 1
  /// must not keep it here.
  mutating func flush() {
    for _ in 0..<MainLogPlace.maxWritesPerWakeUp where isWaiting {
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

  /// False where the place can take nothing any more.
  private mutating func send(_ line: [UInt8]) -> Bool {
    guard let count = try? outlet.write(line, line.indices) else { return false }
    return count == line.count || enqueue(line[count...])
  }

  private mutating func enqueue(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard queue.count - written + bytes.count <= MainLogPlace.maxQueued else { return false }
    if queue.count + bytes.count > MainLogPlace.maxQueued {
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
