internal import Linux
internal import LoggerProtocol
internal import SafeText

/// Turns what a program writes into what is logged: as it is, with its name before each line, or as
/// one JSON object a line.
///
/// The beginning of a line waits for its end, but no longer than 16 KiB: a longer line is logged in
/// pieces, however it was read. Raw output is held back only where others write to the same place.
struct LineFormat {
  static let longestLine = 16 << 10

  private let format: StreamDescription.Format
  private let prefix: [UInt8]
  private var object: JSONLine
  private var head: [UInt8] = []
  /// Control characters are escaped.
  private let isSafe: Bool
  var pid: Int32 = 0 { didSet { object.began(pid) } }
  /// Other streams write there too: without this their lines would end up within ours.
  var sharesItsPlace = false
  /// Not for long: what has no end yet may be a prompt.
  var isHoldingRaw: Bool { format == .raw && !head.isEmpty }

  init(_ description: StreamDescription, width: Int, isColoured: Bool) {
    format = description.format
    object = JSONLine(description)
    isSafe = false
    let label = description.label
    prefix = LineFormat.prefix(label, width, isColoured ? LineFormat.colour(of: label) : nil)
  }

  /// For raw output where other programs' lines are shown: the name before each line, and control
  /// characters escaped.
  init(marking label: String) {
    format = .prefix
    object = JSONLine(StreamDescription(label: label))
    isSafe = true
    prefix = LineFormat.prefix(label, 0, nil)
  }

  /// Appends what can be logged now to `output`.
  mutating func take(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) {
    guard format != .raw else { return takeRaw(bytes, &output) }
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      finishLine(rest[..<end], &output)
      rest = rest[(end + 1)...]
    }
    hold(rest, &output)
  }

  private mutating func takeRaw(_ bytes: ArraySlice<UInt8>, _ output: inout [UInt8]) {
    let end = sharesItsPlace ? bytes.afterLastLine : bytes.endIndex
    if end > bytes.startIndex {
      output += head
      head.removeAll(keepingCapacity: true)
      output += bytes[..<end]
    }
    hold(bytes[end...], &output)
  }

  /// The end of the stream: what has no newline is logged, and but for raw output with one.
  mutating func finish(into output: inout [UInt8]) {
    guard !head.isEmpty else { return }
    write(head[...], isPartial: true, &output)
    head.removeAll()
  }

  /// Removes and returns the beginning of a line that has not been logged.
  mutating func takeHead() -> [UInt8] {
    defer { head.removeAll() }
    return head
  }

  private mutating func finishLine(_ tail: ArraySlice<UInt8>, _ output: inout [UInt8]) {
    guard !head.isEmpty || tail.count > LineFormat.longestLine else {
      return write(tail, isPartial: false, &output)
    }
    hold(tail, &output)
    write(head[...], isPartial: false, &output)
    head.removeAll(keepingCapacity: true)
  }

  /// The beginning of a line. A piece that is full does not end within a character.
  private mutating func hold(_ bytes: ArraySlice<UInt8>, _ output: inout [UInt8]) {
    var rest = bytes
    while head.count + rest.count > LineFormat.longestLine {
      let room = LineFormat.longestLine - head.count
      head += rest.prefix(room)
      rest = rest.dropFirst(room)
      let whole = head.wholeScalars
      write(head[..<whole], isPartial: true, &output)
      head.removeSubrange(..<whole)
    }
    head += rest
  }

  private mutating func write(
    _ line: ArraySlice<UInt8>, isPartial: Bool, _ output: inout [UInt8]
  ) {
    switch format {
    case .raw: output += line
    case .prefix:
      output += prefix
      if isSafe { output.appendEscapingControlsInLines(line) } else { output += line }
      output.append(UInt8(ascii: "\n"))
    case .json: object.write(line, isPartial: isPartial, at: .now(), into: &output)
    }
  }

  private static func prefix(_ label: String, _ width: Int, _ colour: Int?) -> [UInt8] {
    let padding = String(repeating: " ", count: max(0, width - label.utf8.count))
    guard let colour else { return Array("\(label)\(padding) | ".utf8) }
    return Array("\u{1B}[\(colour)m\(label)\(padding) |\u{1B}[0m ".utf8)
  }

  /// The same for a name in every run.
  private static func colour(of label: String) -> Int {
    let sum = label.utf8.reduce(5381 as UInt32) { $0 &* 33 &+ UInt32($1) }
    return [36, 33, 32, 35, 34, 96, 93, 92, 95, 94][Int(sum % 10)]
  }
}

extension ArraySlice<UInt8> {
  fileprivate var afterLastLine: Index {
    lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? startIndex
  }
}
