internal import Linux
internal import SafeText

/// Listening sockets that outlive a beginning again. With `[supervisord] user=` we may lack the
/// rights to make them a second time, and whoever connects meanwhile waits instead of being
/// refused.
///
/// The next of us finds them in a variable: one line for each, `DESCRIPTOR KIND INODE NAME`.
struct KeptSockets {
  enum Kind: String { case control, unix, inet }

  struct Entry {
    var descriptor: Int32
    var kind: Kind
    /// A path, `host:port`, or a name in the abstract namespace behind `@`.
    var name: String
    /// Of its file, as it was bound; 0 where it has none.
    var inode: UInt64
  }

  private(set) var entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  /// What is no socket of ours is left alone: the variable may come from anybody.
  init(_ text: String) {
    entries = text.fields(separatedBy: "\n").compactMap { line in
      let words = line.fields(separatedBy: " ", maxSplits: 3)
      guard words.count == 4, let descriptor = Int32(words[0]), descriptor > 2,
        let kind = Kind(rawValue: String(words[1])), let inode = UInt64(words[2]),
        (try? fileStatus(of: descriptor).kind) == .socket
      else { return nil }
      try? setInheritable(descriptor, false)
      return Entry(descriptor: descriptor, kind: kind, name: String(words[3]), inode: inode)
    }
  }

  var text: String {
    entries.map { "\($0.descriptor) \($0.kind.rawValue) \($0.inode) \($0.name)" }
      .joined(separator: "\n")
  }

  /// Just before the exec that is to find them open.
  func bequeath() throws(Errno) {
    for entry in entries { try setInheritable(entry.descriptor, true) }
  }

  /// The one of this name, which is the caller's from now on; nil: there is none.
  mutating func take(_ kind: Kind, _ name: String) -> Entry? {
    guard let index = entries.firstIndex(where: { $0.kind == kind && $0.name == name }) else {
      return nil
    }
    return entries.remove(at: index)
  }

  /// Closes those that are not wanted, or whose path somebody has taken away: before others are
  /// made, which may be meant for the same port or the same path.
  ///
  /// The close of a unix socket also closes the connections that nobody has accepted, with the
  /// descriptors that clients have passed at them, and may wait for these: they are returned open,
  /// for `closeElsewhere` or the end of the process.
  mutating func close(except wanted: (Entry) -> Bool = { _ in false }) -> [Int32] {
    let unwanted = entries.filter { !wanted($0) || !$0.isInPlace }
    entries.removeAll { entry in unwanted.contains { $0.descriptor == entry.descriptor } }
    for entry in unwanted {
      // What is no longer ours at that path is left there.
      if entry.hasFile { try? removeSocket(entry.name, inode: entry.inode) }
      if entry.kind == .inet { closeDescriptor(entry.descriptor) }
    }
    return unwanted.filter { $0.kind != .inet }.map(\.descriptor)
  }
}

extension KeptSockets.Entry {
  fileprivate var hasFile: Bool { kind != .inet && !name.hasPrefix("@") }

  /// Where we may not look, nobody else has been either.
  fileprivate var isInPlace: Bool {
    guard hasFile else { return true }
    do throws(PathProblem) { return try socketInode(name) == inode } catch {
      return error == .system(.accessDenied)
    }
  }
}
