internal import Linux
internal import LoggerProtocol

/// Files that PID 1 needs: opened, made and removed here, where waiting for a disk delays log lines
/// and not the supervisor.
extension LoggerLoop {
  mutating func heard(_ message: LogFileMessage) {
    switch message {
    case .open(let path, let request): open(path, request)
    case .remove(let path, let request):
      var failure: PathProblem?
      do throws(PathProblem) { try SafePath.removeRegular(path) } catch { failure = error }
      tell(.cleared(request: request, error: failure?.code ?? 0))
    case .removeAutomatic(let directory, let identifier):
      for warning in AutomaticLogs.removeOld(in: directory, identifier) {
        tell(.file(.warning(warning)))
      }
    case .makeAutomatic(let path):
      if let warning = AutomaticLogs.make(path) { tell(.file(.warning(warning))) }
    case .opened, .refused, .warning: break
    }
  }

  private func open(_ path: String, _ request: UInt32) {
    do throws(PathProblem) {
      let opened = try SafePath.open(path, .read)
      defer { closeDescriptor(opened.descriptor) }
      guard opened.status.kind == .regular else { throw .system(.notRegular) }
      let answer = LoggerMessage.file(.opened(request: request, error: 0))
      try? sendMessage(channel, answer.encoded, passing: opened.descriptor)
    } catch {
      if error.isRefusal { tell(.file(.warning("cannot read \(path): \(error.message)"))) }
      tell(.file(.opened(request: request, error: error.code)))
    }
  }
}

extension PathProblem {
  /// An errno(3) for PID 1.
  var code: Int32 { (systemError ?? .notPermitted).code }
}
