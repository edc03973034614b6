internal import Linux

/// Listening sockets that outlive a beginning again. With `[supervisord] user=` we may lack the
/// rights to make them a second time, and whoever connects meanwhile waits instead of being
/// refused.
///
/// The next of us finds them in a variable: one line for each, `DESCRIPTOR KIND NAME`.
struct KeptSockets {
  enum Kind: String { case control, unix, inet }

  struct Entry {
    var descriptor: Int32
    var kind: Kind
    /// A path, or `host:port`.
    var name: String
  }

  private(set) var entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  /// What is no socket of ours is left alone: the variable may come from anybody.
  init(_ text: String) {
    entries = text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 2)
      guard words.count == 3, let descriptor = Int32(words[0]), descriptor > 2,
        let kind = Kind(rawValue: String(words[1])),
        (try? fileStatus(of: descriptor).kind) == .socket
      else { return nil }
      try? setInheritable(descriptor, false)
      return Entry(descriptor: descriptor, kind: kind, name: String(words[2]))
    }
  }

  var text: String {
    entries.map { "\($0.descriptor) \($0.kind.rawValue) \($0.name)" }.joined(separator: "\n")
  }

  /// Just before the exec that is to find them open.
  func bequeath() throws(Errno) {
    for entry in entries { try setInheritable(entry.descriptor, true) }
  }

  /// The one of this name, which is the caller's from now on; nil where there is none, or somebody
  /// has taken its path away.
  mutating func take(_ kind: Kind, _ name: String) -> Int32? {
    guard let index = entries.firstIndex(where: { $0.kind == kind && $0.name == name }),
      entries[index].isInPlace
    else { return nil }
    return entries.remove(at: index).descriptor
  }

  /// Those that the configuration no longer has.
  func close() {
    for entry in entries {
      closeDescriptor(entry.descriptor)
      if entry.kind != .inet { try? removeFile(entry.name) }
    }
  }
}

extension KeptSockets.Entry {
  /// Where we may not look, nobody else has been either.
  fileprivate var isInPlace: Bool {
    guard kind != .inet else { return true }
    do throws(Errno) { return try fileStatus(name).kind == .socket } catch {
      return error == .accessDenied
    }
  }
}
