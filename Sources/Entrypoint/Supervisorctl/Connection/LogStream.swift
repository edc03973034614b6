internal import HTTP
internal import Linux

/// A log that is being followed: what comes goes to standard output as it is.
struct LogStream: ~Copyable {
  private var exchange: HTTPExchange
  private let url: String
  /// Nothing more will come.
  private var hasEnded = false
  /// The server had a log to show.
  private(set) var wasOpen = false

  init(_ exchange: consuming HTTPExchange, _ url: String) {
    self.exchange = exchange
    self.url = url
  }

  var isOpen: Bool { !hasEnded }

  /// To wait for; -1 once there is nothing to wait for any more.
  var openRaw: Int32 { hasEnded ? -1 : exchange.raw }

  /// Waits for the next piece and passes it on; false at the end.
  mutating func pass() throws(CallProblem) -> Bool {
    take(try exchange.next())
    return !hasEnded
  }

  /// Passes on what there is, once the descriptor is readable.
  mutating func passWithoutWaiting() throws(CallProblem) {
    while !hasEnded, let step = try exchange.poll() { take(step) }
  }

  private mutating func take(_ step: HTTPResponseParser.Step) {
    switch step {
    case .head(let head) where head.status != 200:
      printError("\(url) Cannot read, status code \(head.status)\n")
      hasEnded = true
    case .head: wasOpen = true
    case .body(let bytes):
      // Nobody reads on, and no SIGPIPE has said so: whoever started us ignores that.
      do { try writeAll(1, bytes) } catch { hasEnded = true }
    case .end, .failed, .needsMore: hasEnded = true
    }
  }
}
