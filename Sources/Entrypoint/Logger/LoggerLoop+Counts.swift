internal import LoggerProtocol

/// What has gone through, for metrics. Between two questions it costs an addition a read.
extension LoggerLoop {
  /// In as many records as it takes; the last one, which may be empty, says that it is.
  mutating func count() {
    var counts: [StreamCount] = []
    for index in streams.indices {
      guard let stream = streams[index]?.source else { continue }
      noteDropped(index, stream)
      let entry = (read: streams[index]?.read ?? 0, dropped: streams[index]?.dropped ?? 0)
      counts.append(StreamCount(stream: stream.number, read: entry.read, dropped: entry.dropped))
      guard counts.count == StreamCount.mostInRecord else { continue }
      tell(.counted(counts, isLast: false))
      counts = []
    }
    tell(.counted(counts, isLast: true))
  }

  /// What its places have lost belongs to the stream that writes there; where several do, to the
  /// one that writes next.
  mutating func noteDropped(_ index: Int, _ stream: LogStream.Source) {
    for place in stream.allPlaces { streams[index]?.dropped &+= sinks.takeDropped(place) }
  }
}
