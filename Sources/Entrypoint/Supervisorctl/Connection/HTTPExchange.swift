internal import HTTP
internal import Linux
internal import Probe

/// One connection to the server: a request goes out, and the steps of its response come in as they
/// arrive. Ctrl-C ends every wait, where the caller has a descriptor for it.
struct HTTPExchange: ~Copyable {
  private let descriptor: Descriptor
  private let interrupts: Int32?
  private var parser: HTTPResponseParser
  private var buffer = readBuffer(size: 64 << 10)

  /// Connects and sends. A name is looked up as the C library would, but for no longer than a
  /// quarter of a minute.
  init(
    _ request: HTTPRequestHead, body: [UInt8] = [], to place: ServerURL.Place,
    interrupts: Int32?
  ) throws(CallProblem) {
    let connection = Descriptor(adopting: try Self.connect(place, interrupts))
    try Self.send(HTTPWriter.request(request, body: body), connection.raw, interrupts)
    descriptor = connection
    self.interrupts = interrupts
    parser = HTTPResponseParser(toMethod: request.method)
  }

  var raw: Int32 { descriptor.raw }

  /// The next step that is not `.needsMore`.
  mutating func next() throws(CallProblem) -> HTTPResponseParser.Step {
    while true {
      let step = parser.next()
      guard step == .needsMore else { return step }
      try Self.wait(.readable, raw, interrupts)
      try receive()
    }
  }

  /// What there is without waiting; nil for nothing yet.
  mutating func poll() throws(CallProblem) -> HTTPResponseParser.Step? {
    let step = parser.next()
    guard step == .needsMore else { return step }
    try receive()
    let after = parser.next()
    return after == .needsMore ? nil : after
  }

  private mutating func receive() throws(CallProblem) {
    do throws(Errno) {
      let count = try readBytes(descriptor.raw, into: &buffer)
      if count > 0 { parser.append(buffer[..<count]) } else { parser.endOfInput() }
    } catch {
      guard error == .wouldBlock else { throw .system(error) }
    }
  }

  private static func send(
    _ bytes: [UInt8], _ raw: Int32, _ interrupts: Int32?
  ) throws(CallProblem) {
    var start = 0
    while start < bytes.count {
      do throws(Errno) { start += try sendBytes(raw, bytes, start..<bytes.count) } catch {
        guard error == .wouldBlock else { throw .system(error) }
        try wait(.writable, raw, interrupts)
      }
    }
  }

  // MARK: Connecting

  private static func connect(
    _ place: ServerURL.Place, _ interrupts: Int32?
  ) throws(CallProblem) -> Int32 {
    switch place {
    case .local(let path): return try connect(path, interrupts)
    case .network(let host, let port): return try connect(host, port, interrupts)
    }
  }

  /// A socket whose queue is full says "try again".
  private static func connect(
    _ path: String, _ interrupts: Int32?
  ) throws(CallProblem) -> Int32 {
    while true {
      do throws(Errno) { return try beginLocalConnection(path) } catch {
        guard error == .wouldBlock else { throw .system(error) }
      }
      let ready = try? waitForAny(readable: interrupts.map { [$0] } ?? [], milliseconds: 20)
      if ready?.first == true, let interrupts, Interrupts.isInterrupted(interrupts) {
        throw .interrupted
      }
    }
  }

  /// Every address in turn; the last refusal is the one that is told.
  private static func connect(
    _ host: String, _ port: UInt16, _ interrupts: Int32?
  ) throws(CallProblem) -> Int32 {
    let addresses: [NetworkAddress]
    do {
      addresses = try Resolver.system().addresses(of: host, by: Deadline(after: .seconds(15)))
    } catch { throw .unknownHost }
    var problem = CallProblem.unknownHost
    for address in addresses {
      do throws(CallProblem) { return try connect(address, port, interrupts) } catch {
        if case .interrupted = error { throw error }
        problem = error
      }
    }
    throw problem
  }

  private static func connect(
    _ address: NetworkAddress, _ port: UInt16, _ interrupts: Int32?
  ) throws(CallProblem) -> Int32 {
    let raw: Int32
    do { raw = try beginConnection(address, port: port) } catch { throw .system(error) }
    do {
      try wait(.writable, raw, interrupts)
      try Self.result(raw)
      return raw
    } catch {
      closeDescriptor(raw)
      throw error
    }
  }

  private static func result(_ raw: Int32) throws(CallProblem) {
    do { try connectionResult(raw) } catch { throw .system(error) }
  }

  /// As long as it takes: a program may need an hour to start, and `start` waits for it.
  private static func wait(
    _ interest: Interest, _ raw: Int32, _ interrupts: Int32?
  ) throws(CallProblem) {
    do throws(Errno) {
      guard let interrupts, interest == .readable else {
        while try !waitFor(raw, interest, milliseconds: nil) {}
        return
      }
      var isInterrupted = false
      while !isInterrupted {
        let ready = try waitForAny(readable: [raw, interrupts])
        isInterrupted = ready[1] && Interrupts.isInterrupted(interrupts)
        if ready[0], !isInterrupted { return }
      }
    } catch { throw .system(error) }
    throw .interrupted
  }
}
