internal import Linux
internal import ProgramSpec
internal import SafeText

/// supervisord's main log: lines for people, on the console and, through the logger, in a file.
///
/// Nothing here blocks: what a place does not take waits in a bounded queue (`LineOutlet`).
struct MainLog {
  struct Line: Equatable {
    var level: Supervisor.LogLevel
    var text: String

    init(_ level: Supervisor.LogLevel, _ text: String) {
      self.level = level
      self.text = text
    }
  }

  /// The container's own, and the write end of a pipe to the logger.
  var places: [LineOutlet] = []
  /// Which of them is the pipe to the logger; nil: none.
  private var loggerPlace: Int?
  var level: Supervisor.LogLevel

  init(level: Supervisor.LogLevel, console: Int32?) {
    self.level = level
    if let console { places.append(LineOutlet(console)) }
  }

  mutating func addLogger(_ descriptor: Int32) {
    loggerPlace = places.count
    places.append(LineOutlet(descriptor))
  }

  /// `quotation` comes in a line of its own, without a time.
  mutating func say(
    _ level: Supervisor.LogLevel, _ text: String, quoting quotation: String? = nil
  ) {
    guard level.rawValue <= self.level.rawValue else { return }
    // Every text that a program, a peer or a file has a part in passes here.
    var line = "\(WallTime.now().mainLogStamp) \(level.tag) \(text.escapingControls)"
    if let quotation { line += "\n\(quotation.escapingControls)" }
    for index in places.indices {
      places[index].write(MainLog.bytes(line, after: places[index].lostLines))
    }
  }

  /// A line with its end. What a pipe does not take as a whole is cut off.
  private static func bytes(_ line: String, after lost: Int) -> [UInt8] {
    let mark = lost > 0 ? " (\(lost) lines were lost here)" : ""
    return Array("\(line)\(mark)".utf8.prefix(pipeAtomicSize - 1)) + [UInt8(ascii: "\n")]
  }

  /// Waits until that time for the logger to read what is queued.
  mutating func drainLogger(until deadline: UInt64) {
    if let loggerPlace { places[loggerPlace].drain(until: deadline) }
  }

  /// The same for the reader of the container's log.
  mutating func drainConsole(until deadline: UInt64) {
    for index in places.indices where index != loggerPlace { places[index].drain(until: deadline) }
  }
}

extension Supervisor.LogLevel {
  /// supervisord's own words for them.
  fileprivate var tag: String {
    switch self {
    case .critical: "CRIT"
    case .error: "ERRO"
    case .warning: "WARN"
    case .information: "INFO"
    case .debug: "DEBG"
    case .trace: "TRAC"
    case .blather: "BLAT"
    }
  }
}
