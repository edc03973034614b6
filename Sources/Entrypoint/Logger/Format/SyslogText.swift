internal import Linux

/// Lines as syslog(3) sends them (RFC 3164): `<14>Nov  1 07:45:29 supervisord: web line`.
///
/// A line that is cut over several reads is one message; one without an end becomes several.
struct SyslogText {
  /// Daemons take at least so much in one datagram.
  static let longestLine = 8 << 10
  /// Facility USER, priority INFO.
  private static let priority = 1 * 8 + 6

  private let identity: String
  private let processName: String
  private var head: [UInt8] = []

  init(identity: String, processName: String) {
    self.identity = identity
    self.processName = processName
  }

  /// Appends a datagram for each line that has ended.
  mutating func take(_ bytes: ArraySlice<UInt8>, at time: WallTime, into messages: inout [[UInt8]])
  {
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      cut(rest[..<end], time, &messages)
      finishLine(time, &messages)
      rest = rest[(end + 1)...]
    }
    cut(rest, time, &messages)
  }

  /// The end of the stream: what has no newline is a line too.
  mutating func finish(at time: WallTime, into messages: inout [[UInt8]]) {
    if !head.isEmpty { finishLine(time, &messages) }
  }

  private mutating func cut(
    _ bytes: ArraySlice<UInt8>, _ time: WallTime, _ messages: inout [[UInt8]]
  ) {
    var rest = bytes
    while head.count + rest.count > SyslogText.longestLine {
      let room = SyslogText.longestLine - head.count
      head += rest.prefix(room)
      rest = rest.dropFirst(room)
      finishLine(time, &messages)
    }
    head += rest
  }

  private mutating func finishLine(_ time: WallTime, _ messages: inout [[UInt8]]) {
    let name = processName.isEmpty ? "" : "\(processName) "
    let start = "<\(SyslogText.priority)>\(SyslogText.stamp(time)) \(identity): \(name)"
    messages.append(Array(start.utf8) + head)
    head.removeAll(keepingCapacity: true)
  }

  /// `Nov  1 07:45:29`, local time, a day below ten with a blank.
  static func stamp(_ time: WallTime) -> String {
    let date = time.local
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let month = months.indices.contains(date.month - 1) ? months[date.month - 1] : "Jan"
    let day = date.day < 10 ? " \(date.day)" : "\(date.day)"
    return
      "\(month) \(day) \(twoDigits(date.hour)):\(twoDigits(date.minute)):\(twoDigits(date.second))"
  }
}
