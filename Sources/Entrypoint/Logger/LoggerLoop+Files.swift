internal import Linux
internal import LoggerProtocol

/// Files that PID 1 needs: opened, made and removed here, where waiting for a disk delays log lines
/// and not the supervisor.
extension LoggerLoop {
  mutating func heard(_ message: LogFileMessage, _ passed: Int32?) {
    switch message {
    case .open(let path, let reader, let request): open(path, reader, request, passed)
    case .remove(let path, let request):
      var failure: PathProblem?
      sinks.noteMade(path, nil)
      do throws(PathProblem) { try SafePath.removeRegular(path) } catch {
        failure = error
        reportNotCleared(LogFailure(path: path, problem: error))
      }
      tell(.cleared(request: request, error: failure?.code ?? 0))
    case .removeAutomatic(let directory, let identifier):
      for warning in AutomaticLogs.removeOld(in: directory, identifier) {
        tell(.file(.warning(warning)))
      }
    case .makeAutomatic(let path):
      do throws(PathProblem) {
        if let made = try AutomaticLogs.make(path) { sinks.noteMade(path, made) }
      } catch {
        report(.file(.warning("cannot make \(path): \(error.message)")), of: path)
      }
    case .made(let path, let number): sinks.inherit(path, number)
    case .opened, .refused, .warning: break
    }
    reportFiles()
  }

  private mutating func open(
    _ path: String, _ reader: LogReader, _ request: UInt32, _ stream: Int32?
  ) {
    do throws(PathProblem) {
      // The kernel drops a descriptor for which the logger has no number left: recvmsg(2).
      guard let stream else { throw .system(.tooManyFiles) }
      let opened = try open(path, reader)
      defer { closeDescriptor(opened.descriptor) }
      guard opened.status.kind == .regular else { throw .system(.notRegular) }
      do throws(Errno) {
        try sendMessage(stream, [UInt8(ascii: "\n")], passing: opened.descriptor)
      } catch { throw .system(error) }
      tell(.file(.opened(request: request, error: 0)))
    } catch {
      if error.isRefusal {
        report(.file(.warning("cannot read \(path): \(error.message)")), of: path)
      }
      tell(.file(.opened(request: request, error: error.code)))
    }
  }

  /// Where other users may make files, root's rights are used only for a file that a logger of this
  /// PID 1 has made: such a user may have moved any other file of root to that place.
  private func open(
    _ path: String, _ reader: LogReader
  ) throws(PathProblem) -> SafeDirectory.Opened {
    if sinks.hasMade(path) {
      let opened = try SafePath.open(path, .read)
      if sinks.hasMade(path, opened.status) { return opened }
      closeDescriptor(opened.descriptor)
    }
    // Root's own rights would read every file.
    let user = FileIdentity(user: reader.user, group: reader.group)
    return try SafePath.open(path, .read, as: user.user == 0 ? .all : .user(user))
  }
}

extension PathProblem {
  /// An errno(3) for PID 1.
  var code: Int32 { (systemError ?? .notPermitted).code }
}
