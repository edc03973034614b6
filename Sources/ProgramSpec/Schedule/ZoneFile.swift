/// Reads a file of /usr/share/zoneinfo: TZif, RFC 8536, versions 1 to 4.
///
/// Every count is checked against the bytes that are there, so that no file can do worse than be
/// refused.
package enum ZoneFile {
  /// Throws what is wrong with the bytes.
  package static func parse(
    _ bytes: [UInt8], name: String
  ) throws(ValueProblem) -> TimeZone {
    var reader = ZoneBytes(bytes)
    let first = try reader.header()
    guard first.version >= UInt8(ascii: "2") else { return try reader.zone(first, name, width: 4) }
    // The first block is for readers that know no 64-bit times.
    try reader.skip(first.size(width: 4))
    let second = try reader.header()
    let zone = try reader.zone(second, name, width: 8)
    let footer = try reader.footer()
    guard !footer.isEmpty else { return zone }
    guard let rule = ZoneRule.parse(footer) else { throw damaged }
    guard !zone.transitions.isEmpty else { return TimeZone(name: name, rule: rule) }
    return TimeZone(
      name: name, initialOffset: zone.initialOffset, transitions: zone.transitions, rule: rule)
  }

  fileprivate static var damaged: ValueProblem { ValueProblem("is damaged") }
}

/// The six counts of a header.
private struct ZoneHeader {
  var version: UInt8
  /// In the order of the file: isutc, isstd, leap, time, type, char.
  var counts: [Int]

  var leaps: Int { counts[2] }
  var times: Int { counts[3] }
  var types: Int { counts[4] }

  /// Of the block that follows, with times of `width` bytes.
  func size(width: Int) -> Int {
    times * (width + 1) + types * 6 + counts[5] + leaps * (width + 4) + counts[1] + counts[0]
  }
}

private struct ZoneBytes {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func skip(_ count: Int) throws(ValueProblem) {
    guard count <= bytes.count - place else { throw ZoneFile.damaged }
    place += count
  }

  /// Big-endian, two's complement.
  private mutating func integer(_ width: Int) throws(ValueProblem) -> Int64 {
    let start = place
    try skip(width)
    var value: UInt64 = bytes[start] >= 0x80 ? .max : 0
    for byte in bytes[start..<place] { value = value << 8 | UInt64(byte) }
    return Int64(bitPattern: value)
  }

  mutating func header() throws(ValueProblem) -> ZoneHeader {
    let start = place
    try skip(20)
    guard bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else {
      throw ValueProblem("is no time zone file")
    }
    var counts: [Int] = []
    for _ in 0..<6 {
      let count = try integer(4)
      guard (0...Int64(bytes.count)).contains(count) else { throw ZoneFile.damaged }
      counts.append(Int(count))
    }
    let header = ZoneHeader(version: bytes[start + 4], counts: counts)
    guard header.types > 0 else { throw ZoneFile.damaged }
    guard header.leaps == 0 else {
      throw ValueProblem("counts leap seconds; write it without right/")
    }
    return header
  }

  mutating func zone(
    _ header: ZoneHeader, _ name: String, width: Int
  ) throws(ValueProblem) -> TimeZone {
    var times: [Int64] = []
    for _ in 0..<header.times {
      let time = try integer(width)
      // No zone has a time beyond these, and sums with them cannot overflow.
      guard time > times.last ?? .min, (-1 << 60...1 << 60).contains(time) else {
        throw ZoneFile.damaged
      }
      times.append(time)
    }
    let kinds = place
    try skip(header.times)
    let offsets = try offsets(header)
    try skip(header.size(width: width) - header.times * (width + 1) - header.types * 6)
    var transitions: [TimeZone.Transition] = []
    for (index, time) in times.enumerated() {
      let kind = Int(bytes[kinds + index])
      guard kind < offsets.count else { throw ZoneFile.damaged }
      transitions.append(.init(at: time, offset: offsets[kind]))
    }
    return TimeZone(name: name, initialOffset: offsets[0], transitions: transitions)
  }

  /// The daylight flag and the abbreviation are nothing to us.
  private mutating func offsets(_ header: ZoneHeader) throws(ValueProblem) -> [Int64] {
    var offsets: [Int64] = []
    for _ in 0..<header.types {
      let offset = try integer(4)
      guard (-89_999...93_599).contains(offset) else { throw ZoneFile.damaged }
      offsets.append(offset)
      try skip(2)
    }
    return offsets
  }

  /// Between two newlines; empty where the zone has no rule for the future.
  mutating func footer() throws(ValueProblem) -> String {
    let start = place
    guard start < bytes.count, bytes[start] == UInt8(ascii: "\n"),
      let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "\n"))
    else { throw ZoneFile.damaged }
    return String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
  }
}
