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
      throw StepFailure("\(source):\(error.line)", error.message)
    }
  }

  private static func read(_ path: String) throws(StepFailure) -> [UInt8] {
    do { return try readFile(path) } catch { throw StepFailure(path, error.message) }
  }

  private static func write(
    _ text: [UInt8], to destination: String, _ wish: FileWish
  ) throws(StepFailure) {
    let temporary = "\(destination).\(ThisProcess.identifier).tmp"
    do throws(Errno) {
      let flags: OpenFlags = [.write, .create, .exclusive, .noFollow]
      let file = Descriptor(adopting: try openFile(temporary, flags, mode: 0o644))
      try writeAll(file.raw, text)
      try wish.apply(to: file.raw)
      try renameFile(temporary, destination)
    } catch {
      try? removeFile(temporary)
      throw StepFailure(destination, error.message)
    }
  }
}
