internal import Linux

/// `[template:x]`: writes the destination from the source, under another name first and then
/// renamed, so that nobody ever reads half a configuration.
package enum TemplateRole {
  /// `uid|- gid|- mode|- source destination`, then pairs of a file and, separated by blanks, the
  /// names of its variables that the text must not refer to: a user other than root may change the
  /// file.
  package static func main(_ arguments: [String]) -> Int32 {
    guard arguments.count >= 5, arguments.count.isMultiple(of: 2) == false else { return 2 }
    let (source, destination) = (arguments[3], arguments[4])
    let wish = FileWish(user: arguments[0], group: arguments[1], mode: arguments[2])
    let untrusted = untrustedVariables(arguments[5...])
    WaitLimit.begin()
    do throws(StepFailure) {
      let text = try expand(try read(source), of: source, untrusted)
      try write(text, to: destination, wish)
      return 0
    } catch {
      printErrorLine("template \(error.place): \(error.message)")
      return 1
    }
  }

  /// The file of each name.
  private static func untrustedVariables(_ pairs: ArraySlice<String>) -> [String: String] {
    var files: [String: String] = [:]
    for index in stride(from: pairs.startIndex, to: pairs.endIndex, by: 2) {
      for name in pairs[index + 1].split(separator: " ") { files[String(name)] = pairs[index] }
    }
    return files
  }

  private static func expand(
    _ text: [UInt8], of source: String, _ untrusted: [String: String]
  ) throws(StepFailure) -> [UInt8] {
    do {
      return try TemplateText.expand(text) { name throws(TemplateText.Refusal) in
        if let file = untrusted[name] { throw TemplateText.Refusal(name, of: file) }
        return ThisProcess.variable(name)
      }
    } catch { throw StepFailure("\(source):\(error.line):\(error.column)", error.message) }
  }

  private static func read(_ path: String) throws(StepFailure) -> [UInt8] {
    try StepFailure.trying(path) { () throws(PathProblem) in try SafePath.read(path) }
  }

  /// A destination that is a link of root's, as on a read-only root, stays one: what it leads to is
  /// written.
  private static func write(
    _ text: [UInt8], to destination: String, _ wish: FileWish
  ) throws(StepFailure) {
    let place = try StepFailure.trying(destination) { () throws(PathProblem) in
      try SafePath.resolve(destination)
    }
    guard case .entry(let directory, let name) = place else {
      throw StepFailure(destination, Errno.notRegular.message)
    }
    do throws(PathProblem) {
      let temporary = try newFile(text, in: directory, wish)
      do throws(PathProblem) { try directory.rename(temporary, to: name) } catch {
        try? directory.remove(temporary)
        throw error
      }
      directory.removeStaleTemporaryFiles(since: name)
    } catch {
      var failure = StepFailure(directory.path(of: name), error)
      if error == .system(.busy) {
        failure.message += "; it is a mount of its own: mount its directory instead"
      }
      throw failure
    }
  }

  /// Returns its name.
  private static func newFile(
    _ text: [UInt8], in directory: SafeDirectory, _ wish: FileWish
  ) throws(PathProblem) -> String {
    let name = temporaryName()
    // There may be a password in it: no other user sees it before it has its owner and mode.
    let isForAnother = wish.user.map { $0 != directory.identity.user } ?? false
    let created = try directory.create(
      name, .write, mode: wish.mode == nil ? 0o644 : 0o600, asSupervisor: isForAnother)
    let file = Descriptor(adopting: created.descriptor)
    do throws(Errno) {
      try writeAll(file.raw, text)
      try wish.apply(to: file.raw)
      return name
    } catch {
      try? directory.remove(name)
      throw .system(error)
    }
  }
}
