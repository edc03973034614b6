internal import Linux

/// `[template:x]`: writes the destination from the source, under another name first and then
/// renamed, so that nobody ever reads half a configuration.
package enum TemplateRole {
  /// `uid|- gid|- mode|- source destination`
  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.count == 5 else { return 2 }
    let (source, destination) = (arguments[3], arguments[4])
    let wish = FileWish(user: arguments[0], group: arguments[1], mode: arguments[2])
    do throws(StepFailure) {
      let text = try expand(try read(source), of: source)
      try write(text, to: destination, wish)
      return 0
    } catch {
      printError("template \(error.place): \(error.message)\n")
      return 1
    }
  }

  private static func expand(_ text: [UInt8], of source: String) throws(StepFailure) -> [UInt8] {
    do { return try TemplateText.expand(text, ThisProcess.variable) } catch {
      throw StepFailure("\(source):\(error.line):\(error.column)", error.message)
    }
  }

  private static func read(_ path: String) throws(StepFailure) -> [UInt8] {
    do { return try readFile(path) } catch { throw StepFailure(path, error.message) }
  }

  private static func write(
    _ text: [UInt8], to destination: String, _ wish: FileWish
  ) throws(StepFailure) {
    let place = try target(of: destination)
    let temporary = "\(place).\(ThisProcess.identifier).tmp"
    do throws(Errno) {
      let flags: OpenFlags = [.write, .create, .exclusive, .noFollow]
      // There may be a password in it: nobody sees it before it is theirs.
      let mode: UInt32 = wish.mode == nil ? 0o644 : 0o600
      let file = Descriptor(adopting: try openFile(temporary, flags, mode: mode))
      try writeAll(file.raw, text)
      try wish.apply(to: file.raw)
      try renameFile(temporary, place)
    } catch {
      try? removeFile(temporary)
      let isMount = error == .busy ? "; it is a mount of its own: mount its directory instead" : ""
      throw StepFailure(place, error.message + isMount)
    }
  }

  /// A destination that is a link, as on a read-only root, stays one: what it leads to is written.
  ///
  /// But not where somebody without rights has put it, as into /tmp: root would write wherever they
  /// like. The kernel's protected_symlinks does the same (proc(5)).
  private static func target(of destination: String) throws(StepFailure) -> String {
    var path = destination
    for _ in 0..<mostLinks {
      guard let status = try? fileStatus(path, followingLinks: false), status.kind == .link else {
        return path
      }
      guard status.user == 0 || status.user == ThisProcess.effectiveUser else {
        throw StepFailure(path, "is a link of uid \(status.user), which is not followed")
      }
      do {
        let next = try linkTarget(path)
        path = next.hasPrefix("/") ? next : "\(parent(of: path))/\(next)"
      } catch {
        throw StepFailure(path, error.message)
      }
    }
    throw StepFailure(destination, "leads from link to link without an end")
  }

  private static let mostLinks = 16

  private static func parent(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }
}
