internal import EventsProtocol
internal import Linux
internal import SafeText

/// What there is to be said to PID 1, for as long as it does not listen.
struct Mailbox {
  /// Lines beyond it are lost; how many is said instead.
  private static let mostLines = 1000

  let channel: Int32
  private var waiting: [[UInt8]] = []
  private var lost = 0
  /// Of lines that programs can cause at any rate.
  private var limit = LineLimit()

  init(_ channel: Int32) { self.channel = channel }

  var isEmpty: Bool { waiting.isEmpty }

  mutating func say(_ level: EventsMessage.Level, _ text: String) { post(.say(level, text)) }

  /// Of a line that programs can cause at any rate. `now` is in nanoseconds of the monotonic clock.
  mutating func sayLimited(_ level: EventsMessage.Level, _ text: String, at now: UInt64) {
    if limit.admits(at: now) { say(level, text) }
  }

  /// When `countLeftOut` has something to do; nil: never.
  var nextReport: UInt64? { limit.nextReport }

  /// The lines that the limit has left out count as lost.
  mutating func countLeftOut(at now: UInt64) {
    guard let count = limit.takeLeftOut(at: now) else { return }
    lost += count
    flush()
  }

  mutating func copy(heading: String, output: String) {
    post(.copy(heading: heading, output: output))
  }

  private mutating func post(_ message: EventsMessage) {
    guard waiting.count < Mailbox.mostLines else { return lost += 1 }
    waiting.append(message.encoded)
    flush()
  }

  mutating func flush() {
    var sent = 0
    for record in waiting {
      do { try sendMessage(channel, record) } catch { break }
      sent += 1
    }
    waiting.removeFirst(sent)
    guard lost > 0, waiting.isEmpty else { return }
    let text = "\(lost) lines about events lost: they came too fast"
    lost = 0
    waiting.append(EventsMessage.say(.warning, text).encoded)
    flush()
  }

  /// False when it has to be tried again once the lines are through.
  func send(_ message: EventsMessage) -> Bool {
    guard waiting.isEmpty else { return false }
    do { try sendMessage(channel, message.encoded) } catch { return false }
    return true
  }
}
