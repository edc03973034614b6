/// What `stdout_logfile` and its kin may name.
extension Surroundings {
  /// Places of one stream, and the bytes of their paths together: PID 1 describes a stream to the
  /// logger in one record of 64 KiB, with the places of the main log in it.
  private static let maxTargets = 32
  private static let maxTargetBytes = 16 << 10

  /// A list: `/var/log/x.log, /dev/stdout`. `NONE` and `OFF` are no target at all.
  func logTargets(_ text: String) throws(ValueProblem) -> [LogTarget] {
    var targets: [LogTarget] = []
    for item in Scalar.list(text) {
      switch item.lowercased() {
      case "none", "off": continue
      case "auto": targets.append(.automatic)
      case "syslog": targets.append(.syslog)
      default: targets.append(try logTarget(item))
      }
    }
    let size = targets.reduce(0) { sum, target in
      if case .file(let path) = target { sum + path.utf8.count } else { sum }
    }
    guard targets.count <= Self.maxTargets, size <= Self.maxTargetBytes else {
      throw ValueProblem(
        "a stream has at most \(Self.maxTargets) log files, whose paths have 16 KiB together; "
          + "write fewer")
    }
    return targets
  }

  func logTarget(_ path: String) throws(ValueProblem) -> LogTarget {
    if let number = Surroundings.ownDescriptor(path) { return .descriptor(number) }
    let directory = Surroundings.parent(of: absolute(path))
    guard isDirectory(directory) else {
      throw ValueProblem(
        "The directory named as part of the path \(path) does not exist; make \(directory)")
    }
    return .file(absolute(path, from: logDirectory ?? currentDirectory))
  }

  /// These names always mean the supervisor's own descriptors: opening them anew fails for a
  /// program that has dropped root, and for a socket.
  static func ownDescriptor(_ path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return 1
    case "/dev/stderr": return 2
    default: break
    }
    for prefix in ["/dev/fd/", "/proc/self/fd/", "/proc/1/fd/"] where path.hasPrefix(prefix) {
      guard let number = Int32(path.dropFirst(prefix.count)), (0...1023).contains(number) else {
        return nil
      }
      return number
    }
    return nil
  }
}
