internal import Linux

/// Everything that PID 1 opens for one start of a process, until the process runs.
///
/// The value owns what has been opened: a start that fails half-way, wherever that is, closes all
/// of it when the value is destroyed. Once the process runs, PID 1 takes the ends that it keeps;
/// the child's ends are closed with the value.
struct PreparedStart: ~Copyable {
  /// What the child gets. The numbers belong to this value, or to tables of PID 1 that outlive it.
  private(set) var streams: Launch.Streams
  /// Where a listener's standard output is logged: its own number 1 is the events role's.
  private(set) var listenerLog: Int32?

  private var childInput: Descriptor?
  private var childOutput: Descriptor?
  private var childReadiness: Descriptor?
  private var input: Descriptor?
  private var output: Descriptor?
  private var readiness: Descriptor?

  init(_ streams: Launch.Streams) { self.streams = streams }

  /// The child reads from a descriptor that PID 1 keeps for all starts.
  mutating func read(from shared: Int32) { streams.input = shared }

  /// A pipe of its own for the child's input; writing to it never waits.
  mutating func addInput() throws(Errno) {
    var pipe = try Pipe()
    if let end = pipe.write { try makeNonBlocking(end) }
    adopt(input: &pipe)
  }

  /// The two pipes of an event listener, whose other ends the events role gets as well.
  mutating func addListenerPipes() throws(Errno) {
    var forInput = try Pipe()
    var forOutput = try Pipe(ownReader: true)
    adopt(input: &forInput)
    listenerLog = streams.output
    streams.output = forOutput.write
    childOutput = forOutput.takeWrite()
    output = forOutput.takeRead()
  }

  /// A pipe whose write end the child gets under this number, to announce its readiness.
  mutating func addReadiness(as number: Int32) throws(Errno) {
    var pipe = try Pipe(ownReader: true)
    if let end = pipe.write { streams.extra = (end, number) }
    childReadiness = pipe.takeWrite()
    readiness = pipe.takeRead()
  }

  private mutating func adopt(input pipe: inout Pipe) {
    streams.input = pipe.read
    childInput = pipe.takeRead()
    input = pipe.takeWrite()
  }

  /// The write end of the child's input; nil: it has no pipe of its own. The caller closes it.
  mutating func takeInput() -> Int32? { PreparedStart.release(&input) }

  /// The read end of a listener's output; nil: it is no listener. The caller closes it.
  mutating func takeOutput() -> Int32? { PreparedStart.release(&output) }

  /// Where the child announces its readiness; nil: it does not. The caller closes it.
  mutating func takeReadiness() -> Int32? { PreparedStart.release(&readiness) }

  private static func release(_ descriptor: inout Descriptor?) -> Int32? {
    guard let found = descriptor.take() else { return nil }
    return found.release()
  }
}
