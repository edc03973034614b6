internal import Linux
internal import LoggerProtocol

/// Turns what a program writes into what is logged: as it is, with its name before each line, or as
/// one JSON object a line.
///
/// Raw output is never held back. For the others the beginning of a line waits for its end, but no
/// longer than 16 KiB: then it is logged as a piece of its own.
struct LineFormat {
  static let longestLine = 16 << 10

  private let format: StreamDescription.Format
  private let label: String
  private let instance: UInt32
  private let stream: String
  private let colour: Int?
  private var head: [UInt8] = []
  var pid: Int32 = 0

  init(_ description: StreamDescription, width: Int, isColoured: Bool) {
    format = description.format
    label = description.label
    instance = description.instance
    stream = description.isError ? "stderr" : "stdout"
    colour = isColoured ? LineFormat.colour(of: description.label) : nil
    prefix = LineFormat.prefix(description.label, width, colour)
  }

  private let prefix: [UInt8]

  /// Appends what can be logged now to `output`.
  mutating func take(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) {
    guard format != .raw else { return output.append(contentsOf: bytes) }
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      finishLine(rest[..<end], isPartial: false, &output)
      rest = rest[(end + 1)...]
    }
    head += rest
    while head.count > LineFormat.longestLine {
      let piece = head[..<LineFormat.longestLine]
      write(piece, isPartial: true, &output)
      head.removeFirst(LineFormat.longestLine)
    }
  }

  /// The end of the stream: what has no newline is logged with one.
  mutating func finish(into output: inout [UInt8]) {
    guard !head.isEmpty else { return }
    write(head[...], isPartial: true, &output)
    head.removeAll()
  }

  private mutating func finishLine(
    _ tail: ArraySlice<UInt8>, isPartial: Bool, _ output: inout [UInt8]
  ) {
    guard !head.isEmpty else { return write(tail, isPartial: isPartial, &output) }
    head += tail
    write(head[...], isPartial: isPartial, &output)
    head.removeAll(keepingCapacity: true)
  }

  private func write(_ line: ArraySlice<UInt8>, isPartial: Bool, _ output: inout [UInt8]) {
    switch format {
    case .raw: output += line
    case .prefix:
      output += prefix
      output += line
      output.append(UInt8(ascii: "\n"))
    case .json: writeObject(line, isPartial, &output)
    }
  }

  private func writeObject(_ line: ArraySlice<UInt8>, _ isPartial: Bool, _ output: inout [UInt8]) {
    output.appendText("{\"time\":\"\(WallTime.now().rfc3339)\",\"program\":\"")
    output.appendEscaped(Array(label.utf8)[...])
    output.appendText(
      "\",\"instance\":\(instance),\"stream\":\"\(stream)\",\"pid\":\(pid),\"message\":\"")
    output.appendEscaped(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    output.appendText(isPartial ? "\",\"partial\":true}\n" : "\"}\n")
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
