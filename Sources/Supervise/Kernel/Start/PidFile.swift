internal import Linux

/// The file that holds the pid of the supervisor while it runs.
struct PidFile {
  private let path: String
  private var isWritten = false

  init(_ path: String) { self.path = path }

  /// Returns supervisord's sentence where it cannot be written, which keeps nothing from running.
  mutating func write() -> String? {
    do throws(PathProblem) {
      let opened = try PidFile.open(path)
      let file = Descriptor(adopting: opened.descriptor)
      try PidFile.write(to: file.raw, empties: opened.status.kind == .regular)
      isWritten = true
      return nil
    } catch {
      let reason = error.isRefusal ? ": \(error.message)" : ""
      return "could not write pidfile \(path)\(reason)"
    }
  }

  /// At the end, and only a file that this supervisor has written.
  func remove() {
    if isWritten { try? SafePath.removeRegular(path) }
  }

  /// A file that other users may have moved to the path is removed, and not written to.
  private static func open(_ path: String) throws(PathProblem) -> SafeDirectory.Opened {
    do throws(PathProblem) {
      return try SafePath.open(path, .write, creating: 0o666)
    } catch {
      guard case .refused(let refusal) = error, refusal.reason == .unmarked else { throw error }
      try SafePath.removeRegular(path)
      return try SafePath.open(path, .write, creating: 0o666)
    }
  }

  private static func write(to raw: Int32, empties: Bool) throws(PathProblem) {
    let text = Array("\(ThisProcess.identifier)\n".utf8)
    do throws(Errno) {
      if empties { try emptyFile(raw) }
      _ = try writeBytes(raw, text, text.indices)
    } catch {
      throw .system(error)
    }
  }
}
