/// What `stdout_logfile` and its kin may name.
extension Surroundings {
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
