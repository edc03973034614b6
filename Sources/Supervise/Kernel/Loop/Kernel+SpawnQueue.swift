internal import SuperviseCore

/// Performing the spawns that the core has requested, a slice of time at a time.
extension Kernel {
  mutating func launchQueued() {
    guard !spawnQueue.isEmpty else { return }
    let end = Kernel.now.advanced(by: SpawnQueue.slice)
    repeat {
      guard outcome == nil, let id = spawnQueue.next() else { return }
      deliver(spawn(id))
    } while Kernel.now < end
  }
}
