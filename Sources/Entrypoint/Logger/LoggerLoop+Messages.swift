internal import Linux
internal import LoggerProtocol

/// What PID 1 says.
extension LoggerLoop {
  mutating func readMessages() {
    do throws(Errno) {
      while true {
        let (count, passed) = try receiveMessage(channel, into: &buffer)
        guard count > 0 else {
          isFinished = true
          return
        }
        if LongLivedRole.answers(buffer[..<count], on: channel) { continue }
        heard(LoggerMessage(buffer[..<count]), passed)
      }
    } catch {
      // A record for which the kernel had no memory stays in the channel.
      if !error.isTransient { isFinished = true }
    }
  }

  private mutating func heard(_ message: LoggerMessage?, _ passed: Int32?) {
    switch message {
    case .open(let number, let description):
      if let passed { return open(number, description, passed) }
      // The kernel drops a descriptor for which the logger has no number left: recvmsg(2).
      tell(.failed(stream: number, error: Errno.tooManyFiles.code, path: description.label))
    case .began(let beginning): began(beginning)
    case .exited(let ending): exited(ending)
    case .reopen:
      for failure in sinks.reopen() { report(failure, 0) }
      reportFiles()
    case .clear(let stream, let request): clear(stream, request)
    case .events:
      if let passed { return attachEvents(passed) }
    case .count: count()
    case .mainLog(let line, let targets): writeMainLog(line, targets)
    case .finish: isFinished = true
    case .file(let message): heard(message, passed)
    case .ready, .failed, .cleared, .eventsLost, .notCompressed, .counted, .ended, nil: break
    }
    if let passed { closeDescriptor(passed) }
  }

  private mutating func open(
    _ number: UInt32, _ description: StreamDescription, _ descriptor: Int32
  ) {
    guard number < Slot.mostStreams else { return closeDescriptor(descriptor) }
    let index = Int(number)
    while streams.count <= index { streams.append(nil) }
    close(index)
    let places = description.targets.compactMap { sinks.place($0, description) }
    let copies = description.copies.compactMap { sinks.place($0, description) }
    if description.format == .prefix { width = max(width, description.label.utf8.count) }
    let pipeline = StreamPipeline(
      description, width: width, isColoured: description.isForTerminal)
    generations &+= 1
    let source = LogStream.Source(
      descriptor: descriptor, number: number, generation: generations,
      origin: LogOrigin(stream: number, label: description.label, format: description.format),
      places: places, copies: copies)
    streams[index] = LogStream(source, pipeline)
    for place in places + copies { report(sinks.prepare(place), number) }
    resumeFreedStreams()
    if description.rotatesDaily { armMidnight() }
    compress()
    resume(index)
  }

  private mutating func began(_ beginning: Beginning) {
    for stream in beginning.streams where Int(stream.number) < streams.count {
      let index = Int(stream.number)
      let isNow = streams[index]?.began(
        beginning.pid, unread: Int(stream.unread), at: beginning.at)
      guard isNow == true else { continue }
      product.clear()
      streams[index]?.pipeline.began(beginning.pid, into: &product)
      deliverLastLine(index)
    }
  }

  private mutating func exited(_ ending: Beginning) {
    for stream in ending.streams where Int(stream.number) < streams.count {
      let index = Int(stream.number)
      let isNow = streams[index]?.exited(ending.pid, unread: Int(stream.unread), at: ending.at)
      if isNow == true { finish(index) }
    }
  }

  private mutating func clear(_ number: UInt32, _ request: UInt32) {
    guard Int(number) < streams.count, let stream = streams[Int(number)]?.source else {
      return tell(.cleared(request: request, error: Errno.notFound.code))
    }
    let failures = stream.places.compactMap { sinks.clear($0) }
    for failure in failures { reportNotCleared(failure, of: stream.origin.label) }
    reportFiles()
    tell(.cleared(request: request, error: failures.last?.problem.code ?? 0))
  }
}
