internal import ControlProtocol
internal import Linux
internal import ProgramSpec

/// `tail`: the end of a program's log file, and what comes after it.
struct Tail {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  struct Options: Equatable {
    var name = ""
    var channel = "stdout"
    var bytes: Int64 = 1600
    var follows = false
  }

  func run(_ arguments: [String]) -> Int32 {
    switch Tail.options(arguments) {
    case .failure(let error):
      printOut("\(error.message)\n\(error.message.holds("many") ? Help.text("tail") : "")")
      return ExitCode.failure
    case .success(let options): return tail(options)
    }
  }

  /// The supervisor's own log, where it goes to a file.
  func main(_ arguments: [String]) -> Int32 {
    var options = Options(name: "supervisord")
    switch Tail.options(arguments + [options.name]) {
    case .failure(let error):
      printOut("\(error.message)\n")
      return ExitCode.failure
    case .success(let read): options = read
    }
    do throws(ConnectionProblem) {
      let answer = try ControlConnection.ask("state", at: context.socket).first
      return show(answer?["logfile"]?.text ?? "", options)
    } catch {
      return context.complain(error)
    }
  }

  /// supervisorctl's grammar and its words for what is wrong.
  static func options(_ arguments: [String]) -> Result<Options, UsageError> {
    var options = Options()
    var words = arguments[...]
    guard !words.isEmpty else { return .failure(UsageError(message: "Error: too few arguments")) }
    if let first = words.first, first.hasPrefix("-") {
      words = words.dropFirst()
      if first == "-f" {
        options.follows = true
      } else if let bytes = Int64(first.dropFirst()), bytes > 0 {
        options.bytes = bytes
      } else {
        return .failure(UsageError(message: "Error: bad argument \(first)"))
      }
    }
    guard let name = words.popFirst() else {
      return .failure(UsageError(message: "Error: tail requires process name"))
    }
    options.name = name
    if let channel = words.popFirst() { options.channel = channel }
    guard words.isEmpty else { return .failure(UsageError(message: "Error: too many arguments")) }
    guard ["stdout", "stderr"].contains(options.channel) else {
      return .failure(UsageError(message: "Error: bad channel '\(options.channel)'"))
    }
    return .success(options)
  }

  private func tail(_ options: Options) -> Int32 {
    do throws(ConnectionProblem) {
      let request = "log \(options.name) \(options.channel)"
      let answer = try ControlConnection.ask(request, at: context.socket).first
      guard let path = answer?["path"]?.text else {
        let isUnknown = answer?["fault"]?.text == "BAD_NAME"
        let words = isUnknown ? "no such process name" : "no log file"
        printOut("\(options.name): ERROR (\(words))\n")
        return ExitCode.failure
      }
      return show(path, options)
    } catch {
      return context.complain(error)
    }
  }

  private func show(_ path: String, _ options: Options) -> Int32 {
    var file = FollowedFile(path)
    if options.follows { printOut("==> Press Ctrl-C to exit <==\n") }
    guard file.showEnd(options.bytes) else {
      printOut("\(options.name): ERROR (no log file)\n")
      return ExitCode.failure
    }
    guard options.follows else {
      printOut("\n")
      return ExitCode.success
    }
    return file.follow()
  }
}

/// A file that others append to, rotate and truncate.
struct FollowedFile {
  private let path: String
  private var descriptor: Int32?
  private var inode: UInt64 = 0
  private var position: Int64 = 0

  init(_ path: String) { self.path = path }

  /// False where there is no file.
  mutating func showEnd(_ bytes: Int64) -> Bool {
    guard open() else { return false }
    position = max(0, position - bytes)
    showRest()
    return true
  }

  /// Opens what has this name now; `position` is at its end.
  private mutating func open() -> Bool {
    // Who may be root must not show what a program has put in the place of its log.
    guard let opened = try? SafePath.open(path, .read) else { return false }
    guard opened.status.kind == .regular else {
      closeDescriptor(opened.descriptor)
      return false
    }
    if let descriptor { closeDescriptor(descriptor) }
    (descriptor, inode, position) = (
      opened.descriptor, opened.status.inode, opened.status.size
    )
    return true
  }

  private mutating func showRest() {
    guard let descriptor else { return }
    var buffer = readBuffer(size: 64 << 10)
    while let count = try? readBytes(descriptor, at: position, into: &buffer), count > 0 {
      try? writeAll(1, Array(buffer[..<count]))
      position += Int64(count)
    }
  }

  /// Until somebody ends us: woken by whatever happens in the directory.
  mutating func follow() -> Int32 {
    guard let watch = try? DirectoryWatch(parent) else { return ExitCode.failure }
    while true {
      showRest()
      let status = try? fileStatus(path)
      if let status, status.inode != inode, open() {
        position = 0
        continue
      }
      if let status, status.size < position {
        printOut("==> File truncated <==\n")
        position = 0
        continue
      }
      guard watch.waitForChange() else { return ExitCode.failure }
    }
  }

  private var parent: String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
