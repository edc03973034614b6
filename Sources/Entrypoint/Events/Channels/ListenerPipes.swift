internal import EventsProtocol
internal import Linux

/// Our ends of a listener's pipes; each is nil once it is closed.
struct ListenerPipes {
  /// What waits for its log at the most: a log that is stuck must not stop the conversation.
  private static let mostForLog = 256 << 10

  let instance: UInt32
  let name: String
  /// Tells it from an earlier tenant of its place in the table.
  let generation: UInt32
  /// What PID 1 knows of its state.
  var reported: ListenerState
  var input: Outbox?
  var output: Int32?
  var log: Outbox?

  init(_ description: ListenerDescription, generation: UInt32, input: Int32) {
    instance = description.instance
    name = description.name
    reported = description.state
    self.generation = generation
    self.input = Outbox(input)
  }

  /// Throws EPIPE once nobody reads the log any more.
  mutating func appendToLog(_ bytes: ArraySlice<UInt8>) throws(Errno) {
    guard let log, log.count + bytes.count <= ListenerPipes.mostForLog else { return }
    try self.log?.write(Array(bytes))
  }

  mutating func closeInput() {
    if let input { closeDescriptor(input.descriptor) }
    input = nil
  }

  mutating func closeOutput() {
    if let output { closeDescriptor(output) }
    output = nil
  }

  mutating func closeLog() {
    if let log { closeDescriptor(log.descriptor) }
    log = nil
  }
}
