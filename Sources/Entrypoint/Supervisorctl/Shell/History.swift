internal import Linux

/// The lines that were entered before, the newest last, in a file that readline can read too.
struct History: Equatable {
  /// As many as readline keeps for supervisorctl by default would grow for ever; these suffice.
  static let most = 1000
  private(set) var lines: [String] = []

  init(_ lines: [String] = []) { self.lines = Array(lines.suffix(History.most)) }

  /// Blank lines and repetitions of the last one are not worth keeping.
  mutating func add(_ line: String) {
    guard !line.trimmedLine.isEmpty, line != lines.last else { return }
    lines.append(line)
    if lines.count > History.most { lines.removeFirst() }
  }

  /// The newest line before `index` that holds the text, and where.
  func search(_ text: String, before index: Int) -> (index: Int, offset: Int)? {
    let wanted = Array(text)
    guard !wanted.isEmpty else { return nil }
    for index in lines.indices.prefix(max(0, index)).reversed() {
      let line = Array(lines[index])
      guard line.count >= wanted.count else { continue }
      for offset in 0...(line.count - wanted.count)
      where Array(line[offset..<(offset + wanted.count)]) == wanted {
        return (index, offset)
      }
    }
    return nil
  }

  /// A file that is not there yet is an empty history.
  static func read(_ path: String) -> History {
    guard let bytes = try? readFile(path, limit: 4 << 20) else { return History() }
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map {
      String(decoding: Array($0), as: UTF8.self)
    }
    // libedit begins its files with a mark.
    return History(lines.filter { $0 != "_HiStOrY_V2_" })
  }

  /// For the owner's eyes alone. What cannot be written is not worth a message at the end.
  func write(_ path: String) {
    guard let raw = try? openFile(path, [.write, .create, .truncate], mode: 0o600) else { return }
    defer { closeDescriptor(raw) }
    try? writeAll(raw, Array(lines.map { $0 + "\n" }.joined().utf8))
  }
}
