internal import EventsProtocol
internal import Linux
internal import LoggerProtocol

/// What becomes of the output of one stream, in supervisord's order: the tokens of capture mode are
/// taken out, escape sequences removed, and the rest goes to the log and into events.
struct StreamPipeline {
  /// What there is to be done with it; the arrays are used again and again.
  struct Product {
    var text: [UInt8] = []
    /// For the main log.
    var copy: [UInt8] = []
    var messages: [[UInt8]] = []
    var events: [(type: EventType, payload: [UInt8])] = []
    var isReady = false

    mutating func clear() {
      text.removeAll(keepingCapacity: true)
      copy.removeAll(keepingCapacity: true)
      messages.removeAll()
      events.removeAll()
      isReady = false
    }
  }

  /// Of one PROCESS_LOG event: a read may bring more, and as Python's bytes it takes four times
  /// the room.
  static let longestEvent = 16 << 10

  private var format: LineFormat
  private var watch: TextWatch
  private var capture: CaptureMode?
  private var stripper: EscapeStripper?
  private var syslog: SyslogText?
  private let events: EventSource?
  private let copy: MainLogCopy?

  init(_ description: StreamDescription, width: Int, isColoured: Bool) {
    format = LineFormat(description, width: width, isColoured: isColoured)
    watch = TextWatch(description.readyText)
    if description.captureMaximum > 0 {
      capture = CaptureMode(maximum: description.captureMaximum)
    }
    stripper = description.stripsANSI ? EscapeStripper() : nil
    for case .syslog(let identity) in description.targets where syslog == nil {
      syslog = SyslogText(identity: identity, processName: description.processName)
    }
    let isSource = description.hasEvents || description.captureMaximum > 0
    events = isSource ? EventSource(description) : nil
    copy = MainLogCopy(description)
  }

  var pid: Int32 { format.pid }
  var sharesItsPlace: Bool {
    get { format.sharesItsPlace }
    set { format.sharesItsPlace = newValue }
  }
  var isHoldingRaw: Bool { format.isHoldingRaw }

  /// The beginning of a raw line, whose end has not come.
  mutating func releaseRaw(into product: inout Product) { format.finish(into: &product.text) }

  /// A new process. What the old one has not finished is finished.
  mutating func began(_ pid: Int32, into product: inout Product) {
    guard format.pid != pid else { return }
    finish(into: &product)
    format.pid = pid
    watch.restart()
  }

  /// That process has ended: what it has not finished with a newline is all there will be.
  mutating func exited(_ pid: Int32, into product: inout Product) {
    if format.pid == pid { finish(into: &product) }
  }

  mutating func take(_ bytes: ArraySlice<UInt8>, into product: inout Product) {
    if watch.sees(bytes) { product.isReady = true }
    guard capture != nil else { return strip(bytes, isLogged: true, &product) }
    var pieces: [CaptureMode.Piece] = []
    capture?.take(bytes, into: &pieces)
    handle(pieces, &product)
  }

  /// The end of the stream: whatever was held back waits for nothing any more.
  mutating func finish(into product: inout Product) {
    var pieces: [CaptureMode.Piece] = []
    capture?.finish(into: &pieces)
    handle(pieces, &product)
    var text: [UInt8] = []
    stripper?.finish(into: &text)
    pass(text[...], isLogged: true, &product)
    format.finish(into: &product.text)
    syslog?.finish(at: .now(), into: &product.messages)
  }

  private mutating func handle(_ pieces: [CaptureMode.Piece], _ product: inout Product) {
    for piece in pieces {
      switch piece {
      case .text(let bytes): strip(bytes[...], isLogged: true, &product)
      case .captured(let bytes): strip(bytes[...], isLogged: false, &product)
      case .complete(let bytes): complete(bytes, &product)
      }
    }
  }

  private mutating func strip(
    _ bytes: ArraySlice<UInt8>, isLogged: Bool, _ product: inout Product
  ) {
    guard stripper != nil else { return pass(bytes, isLogged: isLogged, &product) }
    var text: [UInt8] = []
    stripper?.take(bytes, into: &text)
    pass(text[...], isLogged: isLogged, &product)
  }

  private mutating func pass(
    _ bytes: ArraySlice<UInt8>, isLogged: Bool, _ product: inout Product
  ) {
    guard !bytes.isEmpty else { return }
    if isLogged {
      format.take(bytes, into: &product.text)
      if syslog != nil { syslog?.take(bytes, at: .now(), into: &product.messages) }
    }
    copy?.append(bytes, to: &product.copy)
    events?.log(bytes, format.pid, into: &product.events)
  }

  /// Stripped as what is logged is, though not of a sequence that began before the token.
  private func complete(_ captured: [UInt8], _ product: inout Product) {
    var text = captured
    if stripper != nil {
      text.removeAll()
      var stripper = EscapeStripper()
      stripper.take(captured[...], into: &text)
      stripper.finish(into: &text)
    }
    events?.communication(text[...], format.pid, into: &product.events)
    copy?.appendCommunication(to: &product.copy)
  }
}

/// Makes the events of one stream.
private struct EventSource {
  private let process: String
  private let group: String
  private let isError: Bool
  private let hasLogEvents: Bool

  init(_ description: StreamDescription) {
    process = description.processName
    group = description.groupName
    isError = description.isError
    hasLogEvents = description.hasEvents
  }

  func log(
    _ bytes: ArraySlice<UInt8>, _ pid: Int32,
    into events: inout [(type: EventType, payload: [UInt8])]
  ) {
    guard hasLogEvents else { return }
    var rest = bytes
    while !rest.isEmpty {
      let piece = rest.prefix(length(rest))
      let payload = EventPayload.log(
        process: process, group: group, pid: pid, isError: isError, piece)
      events.append((isError ? .processLogStderr : .processLogStdout, payload))
      rest = rest.dropFirst(piece.count)
    }
  }

  func communication(
    _ bytes: ArraySlice<UInt8>, _ pid: Int32,
    into events: inout [(type: EventType, payload: [UInt8])]
  ) {
    let payload = EventPayload.communication(process: process, group: group, pid: pid, bytes)
    let type: EventType = isError ? .processCommunicationStderr : .processCommunicationStdout
    events.append((type, payload))
  }

  /// At the end of a line where there is one.
  private func length(_ bytes: ArraySlice<UInt8>) -> Int {
    guard bytes.count > StreamPipeline.longestEvent else { return bytes.count }
    let most = bytes.prefix(StreamPipeline.longestEvent)
    guard let end = most.lastIndex(of: UInt8(ascii: "\n")) else { return most.count }
    return end - bytes.startIndex + 1
  }
}
