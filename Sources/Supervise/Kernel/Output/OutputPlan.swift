internal import Linux
internal import LoggerProtocol
internal import ProgramSpec
internal import SuperviseCore

/// How the output of one instance is laid: straight to the container's own descriptors where that
/// is all it needs, else through a pipe that the logger reads.
struct OutputPlan {
  enum Way: Equatable {
    /// A descriptor of ours that the program gets as it is.
    case inherited(Int32)
    case dropped
    /// Number of a logger stream.
    case piped(Int)
  }

  var stdout: Way
  var stderr: Way

  /// The logger's streams in it, each once.
  var numbers: [UInt32] {
    (stdout == stderr ? [stdout] : [stdout, stderr]).compactMap { way in
      guard case .piped(let stream) = way else { return nil }
      return UInt32(stream)
    }
  }
}

/// One pipe to the logger. PID 1 keeps both ends: losing the logger loses no line, and losing the
/// program does not end the stream.
struct OutputStream {
  var description: StreamDescription
  var read: Int32
  var write: Int32
  var instance: InstanceID?
  /// The program is no longer there; the logger may still read what it has left.
  var isClosed = false
  /// The logger has, and the number is free.
  var isVacant = false
  /// As far as the logger was last asked.
  var count = LogCount()

  /// As metrics call it.
  var channel: String { description.isError ? "stderr" : "stdout" }
}

/// Whose output it is, by all the names it is known by.
struct StreamOwner {
  /// `group:name`, or the name alone.
  var label: String
  var processName: String
  var group: String
  /// The unit, one or more of whose processes it is.
  var program: String
  var number: Int
  var stripsANSI: Bool
  /// Its stdout is the protocol of event listeners.
  var isListener: Bool
  /// See `StreamDescription.readers`.
  var readers: UInt32?
  /// The uid of the program.
  var user: UInt32
}

extension Output {
  /// Whether a stream can do without the logger.
  func way(_ stream: StreamOutput, isWatched: Bool) -> OutputPlan.Way? {
    if stream.captureMaximumBytes > 0 || stream.eventsEnabled || stream.syslog { return nil }
    if stream.targets.isEmpty, !isWatched { return .dropped }
    guard format == .raw, !isWatched, stream.targets.count == 1,
      case .descriptor(let number) = stream.targets[0]
    else { return nil }
    return isOpen(number) ? .inherited(number) : .dropped
  }

  func description(
    _ stream: StreamOutput, _ owner: StreamOwner, automaticPath: String, isError: Bool
  ) -> StreamDescription {
    var description = StreamDescription(label: owner.label)
    description.instance = UInt32(clamping: owner.number)
    description.processName = owner.processName
    description.groupName = owner.group
    description.program = owner.program
    description.readers = owner.readers
    description.user = owner.user
    description.stripsANSI = owner.stripsANSI
    description.captureMaximum = UInt64(max(0, stream.captureMaximumBytes))
    description.hasEvents = stream.eventsEnabled
    if stream.syslog { description.targets.append(.syslog(identity: "supervisord")) }
    description.isError = isError
    description.format = format.wireFormat
    description.maximumBytes = UInt64(max(0, stream.maximumBytes))
    description.backups = UInt32(clamping: stream.backups)
    description.compresses = stream.compress
    description.rotatesDaily = stream.rotatesDaily
    for target in stream.targets {
      switch target {
      case .file(let path): description.targets.append(.file(path))
      case .descriptor(let number): description.targets.append(.descriptor(number))
      case .automatic:
        description.targets.append(.file(automaticPath))
        description.isPrivate = true
      case .syslog: description.targets.append(.syslog(identity: "supervisord"))
      }
    }
    return description
  }
}

extension LogFormat {
  fileprivate var wireFormat: StreamDescription.Format {
    switch self {
    case .raw: .raw
    case .prefix: .prefix
    case .json: .json
    }
  }
}
