internal import Linux

/// The lines that were entered before, the newest last, in a file that readline can read too.
struct History: Equatable {
  /// As many as readline keeps for supervisorctl by default would grow for ever; these suffice.
  static let most = 1000
  /// In bytes; a longer file is none of this shell's, and is left as it is.
  private static let maxSize = 4 << 20
  private(set) var lines: [String] = []
  /// False for a file that could not be read: writing would discard what is in it.
  private var mayBeWritten = true

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

  /// A file that does not exist yet is an empty history. Root's shell does not follow a link that
  /// another user has made (see `SafePath`). In a directory such as /tmp it reads the private file
  /// that an earlier shell of root's has made there: the history is shown only to its caller.
  static func read(_ path: String) -> History {
    let bytes: [UInt8]
    do throws(PathProblem) {
      bytes = try SafePath.read(path, limit: maxSize, for: nil)
    } catch {
      var history = History()
      history.mayBeWritten = error == .system(.notFound)
      return history
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n")).map {
      String(decoding: Array($0), as: UTF8.self)
    }
    // libedit begins its files with a mark.
    return History(lines.filter { $0 != "_HiStOrY_V2_" })
  }

  /// With mode 0600 where the file does not exist, and marked where other users may have put a
  /// private file of root, which is not overwritten. What cannot be written is not worth a message
  /// at the end.
  func write(_ path: String) {
    guard mayBeWritten, case .entry(let directory, let name)? = try? SafePath.resolve(path),
      let opened = try? directory.open(name, .write, creating: 0o600)
    else { return }
    if opened.isNew { _ = directory.mark(opened, for: .supervisor) }
    let file = Descriptor(adopting: opened.descriptor)
    guard opened.status.kind == .regular, (try? emptyFile(file.raw)) != nil else { return }
    try? writeAll(file.raw, Array(lines.map { $0 + "\n" }.joined().utf8))
  }
}
