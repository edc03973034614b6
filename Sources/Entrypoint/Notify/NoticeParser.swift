internal import NotifyProtocol

/// Reads one datagram of sd_notify(3): lines of `NAME=value`. Unknown names are ignored, as the
/// protocol demands; FDSTORE=1 and BARRIER=1 need nothing but that their descriptors are closed.
struct NoticeParser {
  /// PIPE_BUF, systemd's limit as well.
  static let maxDatagram = 4096
  static let maxFields = 64
  private static let maxErrno: UInt64 = 4095

  /// In their order; the last one of each kind.
  static func notices(_ datagram: ArraySlice<UInt8>) -> [Notice] {
    var found = NoticeList()
    for line in datagram.split(separator: UInt8(ascii: "\n"), maxSplits: maxFields) {
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(decoding: line[..<equals], as: UTF8.self)
      if let notice = notice(name, line[(equals + 1)...]) { found.add(notice) }
    }
    return found.notices
  }

  private static func notice(_ name: String, _ value: ArraySlice<UInt8>) -> Notice? {
    switch name {
    case "READY": isOne(value) ? .ready : nil
    case "STOPPING": isOne(value) ? .stopping : nil
    case "RELOADING": isOne(value) ? .reloading : nil
    case "STATUS": .status(printable(value))
    case "ERRNO":
      number(value).flatMap { $0 <= maxErrno ? .failed(errno: Int32(clamping: $0)) : nil }
    case "EXTEND_TIMEOUT_USEC": number(value).map { .extendTimeout(microseconds: $0) }
    case "WATCHDOG":
      isOne(value) ? .watchdog : value.elementsEqual("trigger".utf8) ? .watchdogTriggered : nil
    case "WATCHDOG_USEC": number(value).map { .watchdogInterval(microseconds: $0) }
    case "MAINPID":
      number(value).flatMap { Int32(exactly: $0) }.flatMap { $0 > 1 ? .mainProcess(pid: $0) : nil }
    default: nil
    }
  }

  private static func isOne(_ value: ArraySlice<UInt8>) -> Bool { value.elementsEqual("1".utf8) }

  /// Decimal digits, and nothing else.
  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return UInt64(String(decoding: digits, as: UTF8.self))
  }

  /// The text is shown on terminals and in logs: control characters are escaped, and bytes that are
  /// no UTF-8 become U+FFFD.
  private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    var text = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      let piece = isPlain(scalar) ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
      guard text.utf8.count + piece.utf8.count <= Notice.maxStatus else { break }
      text += piece
    }
    return text
  }

  /// No C0 or C1 control character, and no character that changes the direction of a line.
  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: false
    default: true
    }
  }
}

/// Notices that have not been passed on yet: of each kind the last one, in the order of these.
struct NoticeList {
  private(set) var notices: [Notice] = []

  mutating func add(_ notice: Notice) {
    notices.removeAll { $0.kind == notice.kind }
    notices.append(notice)
  }
}
