internal import LoggerProtocol
internal import SafeText

/// The stream whose output is written to a place.
struct LogOrigin {
  /// nil: what is written consists of whole lines, and of no stream in particular.
  var stream: UInt32?
  /// The program's name, with its group's.
  var label: String
  var format: StreamDescription.Format
}

/// Output of a program that was to go to a file and is shown in the container's log instead.
///
/// The program's user can bring this about, so the output must not look like lines of other
/// programs or of the supervisor: each line begins with the program's name, and control characters
/// are escaped. Lines that have a prefix or are JSON come here as a whole and have the name
/// already.
struct DetourText {
  private let format: StreamDescription.Format
  /// Keeps the beginning of a raw line until its end comes.
  private var lines: LineFormat

  init(_ origin: LogOrigin) {
    format = origin.format
    lines = LineFormat(marking: origin.label)
  }

  /// Appends what can be shown now to `text`.
  mutating func take(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
    switch format {
    case .raw: lines.take(bytes, into: &text)
    case .prefix: text.appendEscapingControlsInLines(bytes)
    case .json: text += bytes
    }
  }

  /// The end of the stream, or of its process: a line without an end gets one.
  mutating func finish(into text: inout [UInt8]) { lines.finish(into: &text) }

  /// Removes and returns the beginning of a line, for a file that can be written again.
  mutating func takeHead() -> [UInt8] { lines.takeHead() }
}

/// The output on a detour, by stream and file: a stream may have several files.
struct DetourTexts {
  private struct Key: Hashable {
    var stream: UInt32?
    var file: Int
  }

  private var texts: [Key: DetourText] = [:]

  /// What can be shown of the bytes now. Whole lines of no stream in particular come from several
  /// programs, so nothing is kept of them, not even the name.
  mutating func lines(
    _ bytes: ArraySlice<UInt8>, of origin: LogOrigin, instead file: Int
  ) -> [UInt8] {
    var text: [UInt8] = []
    guard origin.stream != nil else {
      var whole = DetourText(origin)
      whole.take(bytes, into: &text)
      whole.finish(into: &text)
      return text
    }
    let key = Key(stream: origin.stream, file: file)
    texts[key, default: DetourText(origin)].take(bytes, into: &text)
    return text
  }

  /// Removes and returns the beginning of a line that neither the file nor the container's log has
  /// yet. The caller writes it to the file.
  mutating func takeHead(of origin: LogOrigin, _ file: Int) -> [UInt8] {
    guard !texts.isEmpty else { return [] }
    return texts[Key(stream: origin.stream, file: file)]?.takeHead() ?? []
  }

  /// The end of the stream, or of its process: the last line, where it has no end.
  mutating func finish(_ origin: LogOrigin, _ file: Int) -> [UInt8] {
    let key = Key(stream: origin.stream, file: file)
    guard !texts.isEmpty, var last = texts.removeValue(forKey: key) else { return [] }
    var text: [UInt8] = []
    last.finish(into: &text)
    return text
  }
}
