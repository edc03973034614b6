internal import Linux
internal import SuperviseCore

/// What programs read from where somebody may write to them: a pipe for each start, and what does
/// not fit into it yet.
struct InputTable {
  private struct Entry {
    var pipe: Int32
    var waiting: [UInt8] = []
  }

  enum Outcome { case written, full, closed }

  /// A program that never reads must not fill our memory.
  private static let mostWaiting = 1 << 20

  private static let maxWritesPerWakeUp = 16

  private var entries: [InstanceID: Entry] = [:]

  mutating func open(_ id: InstanceID, _ pipe: Int32) {
    close(id)
    entries[id] = Entry(pipe: pipe)
  }

  mutating func close(_ id: InstanceID) {
    if let entry = entries.removeValue(forKey: id) { closeDescriptor(entry.pipe) }
  }

  func isWaiting(_ id: InstanceID) -> Bool { entries[id]?.waiting.isEmpty == false }

  func pipe(_ id: InstanceID) -> Int32? { entries[id]?.pipe }

  mutating func write(_ bytes: [UInt8], to id: InstanceID) -> Outcome {
    guard let entry = entries[id] else { return .closed }
    guard entry.waiting.count + bytes.count <= InputTable.mostWaiting else { return .full }
    entries[id]?.waiting += bytes
    return flush(id)
  }

  /// What the pipe takes now.
  mutating func flush(_ id: InstanceID) -> Outcome {
    guard var entry = entries[id] else { return .closed }
    let outlet = SharedOutlet(nonBlocking: entry.pipe)
    do throws(Errno) {
      // A reader that is as fast as PID 1 must not keep it here: the rest comes when the loop does.
      for _ in 0..<InputTable.maxWritesPerWakeUp where !entry.waiting.isEmpty {
        let count = try outlet.write(entry.waiting, entry.waiting.indices)
        guard count > 0 else { break }
        entry.waiting.removeFirst(count)
      }
    } catch {
      guard error.isTransient else {
        close(id)
        return .closed
      }
    }
    entries[id] = entry
    return .written
  }
}
