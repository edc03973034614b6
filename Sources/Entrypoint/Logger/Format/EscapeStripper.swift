/// Removes the escape sequences of terminals (ECMA-48) from a stream that comes in pieces, and
/// nothing else: what begins like a sequence and turns out to be none is passed on unchanged.
///
///     ESC [ … final          control sequence, any final byte
///     ESC ] … BEL | ST       operating system command: titles, links
///     ESC P, X, ^, _ … ST    device control, and strings for whoever knows them
///     ESC … final            two bytes, or more with intermediate ones: character sets
///
/// ST is `ESC \`. As in a terminal any other escape ends a string too.
struct EscapeStripper {
  /// What is longer is no sequence: a lone `ESC ]` must not hold back a log for ever.
  static let longest = 4096

  private enum State { case text, escape, intermediate, control, command, string, stringEnd }

  private var state = State.text
  /// The sequence so far, in case it is none.
  private var held: [UInt8] = []

  /// Appends what is text to `output`.
  mutating func take(_ bytes: ArraySlice<UInt8>, into output: inout [UInt8]) {
    var rest = bytes
    while let first = rest.first {
      if state != .text {
        step(first, &output)
        rest.removeFirst()
        continue
      }
      let start = rest.firstIndex(of: escape) ?? rest.endIndex
      output += rest[..<start]
      rest = rest[start...]
      if rest.popFirst() != nil { begin() }
    }
  }

  /// The end of the stream: a sequence that was cut short is none.
  mutating func finish(into output: inout [UInt8]) {
    output += held
    end()
  }

  private mutating func step(_ byte: UInt8, _ output: inout [UInt8]) {
    switch (state, byte) {
    case (.text, _): output.append(byte)
    case (.escape, UInt8(ascii: "[")): keep(byte, .control, &output)
    case (.escape, UInt8(ascii: "]")): keep(byte, .command, &output)
    case (.escape, UInt8(ascii: "P")), (.escape, UInt8(ascii: "X")), (.escape, UInt8(ascii: "^")),
      (.escape, UInt8(ascii: "_")):
      keep(byte, .string, &output)
    case (.escape, 0x20...0x2F), (.intermediate, 0x20...0x2F): keep(byte, .intermediate, &output)
    case (.escape, 0x30...0x7E), (.intermediate, 0x30...0x7E): end()
    case (.control, 0x20...0x3F): keep(byte, .control, &output)
    case (.control, 0x40...0x7E): end()
    case (.command, bell): end()
    // A title has no newline: that was a stray escape, and the line after it is wanted.
    case (.command, UInt8(ascii: "\n")): abandon(byte, &output)
    case (.command, escape), (.string, escape): keep(byte, .stringEnd, &output)
    case (.command, _), (.string, _): keep(byte, state, &output)
    case (.stringEnd, UInt8(ascii: "\\")): end()
    case (.stringEnd, _):
      begin()
      step(byte, &output)
    case (.escape, _), (.intermediate, _), (.control, _): abandon(byte, &output)
    }
  }

  private mutating func begin() {
    state = .escape
    held = [escape]
  }

  private mutating func keep(_ byte: UInt8, _ next: State, _ output: inout [UInt8]) {
    guard held.count < EscapeStripper.longest else { return abandon(byte, &output) }
    held.append(byte)
    state = next
  }

  private mutating func end() {
    state = .text
    held.removeAll(keepingCapacity: true)
  }

  private mutating func abandon(_ byte: UInt8, _ output: inout [UInt8]) {
    output += held
    end()
    if byte == escape { begin() } else { output.append(byte) }
  }
}

private let escape: UInt8 = 0x1B
private let bell: UInt8 = 0x07
