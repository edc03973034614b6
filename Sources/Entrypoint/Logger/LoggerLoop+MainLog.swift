internal import Linux
internal import LoggerProtocol

/// Lines of the main log that follow from what programs have written: supervisord reads their
/// output before it reports that a child has ended.
extension LoggerLoop {
  /// Reads of one stream, so that a program that writes on and on does not keep the line back.
  private static let maxReads = 16

  mutating func writeMainLog(_ line: String, _ targets: [StreamDescription.Target]) {
    for index in streams.indices { readWaitingOutput(of: index) }
    let description = StreamDescription(label: "supervisord")
    for place in targets.compactMap({ sinks.place($0, description) }) {
      let origin = LogOrigin(
        stream: nil, label: description.label, format: description.format)
      report(sinks.write(Array(line.utf8), to: place, of: origin), 0)
    }
  }

  /// The pipe is a blocking one, so it is polled before each read.
  private mutating func readWaitingOutput(of index: Int) {
    for _ in 0..<LoggerLoop.maxReads {
      guard let source = streams[index]?.source, !source.copies.isEmpty,
        streams[index]?.isPaused == false,
        (try? waitFor(source.descriptor, .readable, milliseconds: 0)) == true
      else { return }
      read(index, source.generation)
    }
  }
}
