internal import SuperviseCore

/// Performing the spawns that the core has requested, a slice of time at a time.
extension Kernel {
  mutating func launchQueued() {
    if spawnQueue.isEmpty { return beginDueLookup() }
    let end = Kernel.now.advanced(by: SpawnQueue.slice)
    repeat {
      guard outcome == nil, let (id, isLookedUp) = spawnQueue.next() else { break }
      guard isLookedUp || mayLaunch(id) else {
        lookup.wait(id)
        continue
      }
      if prepareSharedSocket(of: id) { deliver(spawn(id)) }
    } while Kernel.now < end
    beginDueLookup()
  }
}
