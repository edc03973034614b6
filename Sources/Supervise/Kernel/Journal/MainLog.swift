internal import Linux
internal import ProgramSpec
internal import SafeText

/// supervisord's main log: lines for people, on the console and, through the logger, in a file.
///
/// Nothing here blocks: where a reader is stuck lines are dropped and counted, and the next one
/// that gets through says how many.
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
  private var places: [(outlet: SharedOutlet, lost: Int)] = []
  var level: Supervisor.LogLevel

  init(level: Supervisor.LogLevel, console: Int32?) {
    self.level = level
    if let console { add(console) }
  }

  mutating func add(_ descriptor: Int32) { places.append((SharedOutlet(descriptor), 0)) }

  /// `quotation` comes in a line of its own, without a time.
  mutating func say(
    _ level: Supervisor.LogLevel, _ text: String, quoting quotation: String? = nil
  ) {
    guard level.rawValue <= self.level.rawValue else { return }
    // Every text that a program, a peer or a file has a part in passes here.
    var line = "\(WallTime.now().mainLogStamp) \(level.tag) \(text.escapingControls)"
    if let quotation { line += "\n\(quotation.escapingControls)" }
    for index in places.indices { write(line, to: index) }
  }

  private mutating func write(_ line: String, to index: Int) {
    let lost = places[index].lost > 0 ? " (\(places[index].lost) lines were lost here)" : ""
    let bytes = Array("\(line)\(lost)".utf8.prefix(pipeAtomicSize - 1)) + [UInt8(ascii: "\n")]
    guard let count = try? places[index].outlet.write(bytes, bytes.indices), count > 0 else {
      places[index].lost += 1
      return
    }
    places[index].lost = 0
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
