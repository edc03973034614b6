internal import Linux

/// Streams that wait for a place that takes nothing more for now.
extension LoggerLoop {
  /// Its program waits until there is room; the other streams go on.
  mutating func pause(_ index: Int) {
    guard let stream = streams[index]?.source else { return }
    streams[index]?.isPaused = true
    poller.remove(stream.descriptor)
    for place in stream.allPlaces.map(sinks.actual) where sinks.isStuck(place) {
      guard let descriptor = sinks.descriptor(place), watchedPlaces.insert(place).inserted else {
        continue
      }
      let token = Token(slot: LoggerLoop.slot(place), generation: 0)
      poller.addWaiting(descriptor, .writable, token)
    }
  }

  mutating func placeTakesMore(_ place: SinkTable.Place) {
    sinks.flush(place)
    if !sinks.isStuck(place) { resumeStreams(of: place) }
  }

  /// Where a place was freed, or given up, by another stream that writes to it.
  mutating func resumeFreedStreams() {
    for place in watchedPlaces where !sinks.isStuck(place) { resumeStreams(of: place) }
  }

  private mutating func resumeStreams(of place: SinkTable.Place) {
    // Closed, it has left the poller by itself.
    if let descriptor = sinks.descriptor(place) { poller.remove(descriptor) }
    watchedPlaces.remove(place)
    for index in streams.indices {
      guard let stream = streams[index]?.source, streams[index]?.isPaused == true,
        !stream.allPlaces.contains(where: sinks.isStuck)
      else { continue }
      resume(index)
    }
  }

  mutating func resume(_ index: Int) {
    guard let stream = streams[index]?.source else { return }
    streams[index]?.isPaused = false
    holdAnew(index)
    poller.addWaiting(stream.descriptor, .readable, token(stream))
  }

  private static func slot(_ place: SinkTable.Place) -> UInt32 {
    switch place {
    case .outlet(let index): Slot.places + 2 * UInt32(truncatingIfNeeded: index)
    case .file(let index): Slot.places + 2 * UInt32(truncatingIfNeeded: index) + 1
    }
  }

  static func place(_ slot: UInt32) -> SinkTable.Place {
    let index = Int((slot - Slot.places) / 2)
    return slot % 2 == 0 ? .outlet(index) : .file(index)
  }
}
