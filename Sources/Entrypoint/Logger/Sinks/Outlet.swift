internal import Linux

/// A descriptor of the container, or a FIFO or device, whose reader may be stuck: what does not fit
/// waits here, and the streams that feed it are not read meanwhile.
struct Outlet {
  let descriptor: Int32
  private let place: SharedOutlet
  private var waiting: [UInt8] = []
  private var written = 0
  /// Why what was waiting is lost: nobody will ever read it.
  private(set) var failure: Errno?
  private var dropped: UInt64 = 0

  /// The container's, which its programs write to as well.
  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    place = SharedOutlet(descriptor)
  }

  /// One that we have opened, non-blocking.
  init(ofOurOwn descriptor: Int32) {
    self.descriptor = descriptor
    place = SharedOutlet(nonBlocking: descriptor)
  }

  var isStuck: Bool { written < waiting.count }

  mutating func write(_ bytes: [UInt8]) {
    if isStuck { waiting += bytes } else { (waiting, written) = (bytes, 0) }
    flush()
  }

  /// What fits now, at most up to the end of a line in one piece: so that lines of programs that
  /// write to the same pipe by themselves do not come in between.
  mutating func flush() {
    failure = nil
    while isStuck {
      let piece = SharedOutlet.piece(of: waiting, from: written)
      do throws(Errno) {
        let count = try place.write(waiting, piece)
        guard count > 0 else { return }
        written += count
      } catch {
        failure = error
        dropped &+= UInt64(waiting.count - written)
        written = waiting.count
      }
    }
    waiting.removeAll(keepingCapacity: true)
    written = 0
  }

  /// Bytes that nobody will ever read, since this was last asked.
  mutating func takeDropped() -> UInt64 {
    defer { dropped = 0 }
    return dropped
  }
}
