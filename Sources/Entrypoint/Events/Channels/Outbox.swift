internal import Linux

/// A descriptor that is written to without ever waiting: what does not fit waits here.
struct Outbox {
  let descriptor: Int32
  private var waiting: [UInt8] = []
  private var written = 0

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  var isEmpty: Bool { waiting.isEmpty }
  var count: Int { waiting.count - written }

  /// Throws EPIPE once the reader has gone.
  mutating func write(_ bytes: [UInt8]) throws(Errno) {
    waiting += bytes
    try flush()
  }

  mutating func flush() throws(Errno) {
    while written < waiting.count {
      do throws(Errno) {
        let count = try writeWithoutBlocking(descriptor, waiting, written..<waiting.count)
        guard count > 0 else { return dropWritten() }
        written += count
      } catch {
        guard error != .wouldBlock else { return dropWritten() }
        throw error
      }
    }
    dropWritten()
  }

  /// Not after each piece: moving what is left of a long payload costs.
  private mutating func dropWritten() {
    guard written == waiting.count || written > 1 << 20 else { return }
    waiting.removeFirst(written)
    written = 0
  }
}
