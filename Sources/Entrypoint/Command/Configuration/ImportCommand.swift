internal import Import
internal import Linux

/// `import`: a Procfile or PM2's ecosystem file as a configuration, on stdout.
enum ImportCommand {
  private static let largest = 1 << 20

  static func run(_ arguments: [String]) -> Int32 {
    var paths: [String] = []
    var environment: String?
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "--env":
        guard let name = rest.popFirst() else { return refuse("option --env requires argument") }
        environment = name
      case _ where word.hasPrefix("-"): return refuse("import does not know \(word)")
      default: paths.append(word)
      }
    }
    guard paths.count == 1, let path = paths.first else { return refuse("import takes one file") }
    var options = Importer.Options(path: path, environment: environment)
    // Not named by the user of this command: see `SafePath`.
    options.dotenv = try? SafePath.read(beside(path), limit: largest)
    return convert(options)
  }

  private static func convert(_ options: Importer.Options) -> Int32 {
    let path = options.path
    let bytes: [UInt8]
    do throws(Errno) { bytes = try readFile(path, limit: largest) } catch {
      printError("\(path): error: \(error.message)\n")
      return ExitCode.usage
    }
    do throws(ImportProblem) {
      let outcome = try Importer.convert(bytes, options)
      for note in outcome.notes { printError("\(path): \(note)\n") }
      printOut(outcome.text)
      return ExitCode.success
    } catch {
      let place = error.line == 0 ? "" : "\(error.line):\(error.column): "
      printError("\(path):\(place.isEmpty ? " " : place)error: \(error.reason)\n")
      return ExitCode.usage
    }
  }

  private static func beside(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ".env" }
    return "\(path[...slash]).env"
  }

  private static func refuse(_ message: String) -> Int32 {
    printError(UsageError(message: message).text)
    return ExitCode.usage
  }
}
