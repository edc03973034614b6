internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// Log files, for those who want to read or to clear them.
extension Kernel {
  /// nil: the main log goes to no file.
  var mainLogPath: String? {
    guard case .file(let path)? = configuration.supervisor.logFile else { return nil }
    return path
  }

  mutating func openLog(_ name: String, isError: Bool, _ index: Int) {
    guard case .instance(let id) = fleet.plan.target(named: name) else {
      return send(AnswerRenderer.fault("BAD_NAME", name), index)
    }
    openLog(at: logPath(id, isError: isError), index)
  }

  /// The descriptor goes along with the answer: whoever reads logs for others need not be allowed
  /// to open files.
  mutating func openLog(at path: String?, _ index: Int) {
    guard let path, (try? fileStatus(path))?.kind == .regular,
      let file = try? openFile(path, [.read])
    else { return send(AnswerRenderer.fault("NO_FILE", path), index) }
    defer { closeDescriptor(file) }
    let answer = AnswerRenderer.object { $0.field("path", path) }
    do { try sendMessage(clients[index].descriptor, answer, passing: file) } catch {
      return send(AnswerRenderer.fault("FAILED", error.message), index)
    }
    send([], index)
  }

  /// The files are removed and made anew, as supervisord does; older ones stay.
  mutating func clearLogs(_ names: [String]) -> [UInt8] {
    var answers: [UInt8] = []
    for name in names {
      switch fleet.plan.target(named: name) {
      case .instance(let id): answers += cleared(id)
      case .group(let members): for id in members { answers += cleared(id) }
      case .unknown: answers += AnswerRenderer.fault("BAD_NAME", name)
      }
    }
    return answers
  }

  private mutating func cleared(_ id: InstanceID) -> [UInt8] {
    let name = fleet.plan.members[id.index].displayName
    for isError in [false, true] {
      guard let path = logPath(id, isError: isError), !clear(path) else { continue }
      return AnswerRenderer.object { json in
        json.field("name", name)
        json.field("fault", "FAILED")
      }
    }
    return AnswerRenderer.object { json in
      json.field("name", name)
      json.field("result", "cleared")
    }
  }

  mutating func clearMainLog() -> [UInt8] {
    guard let path = mainLogPath, (try? fileStatus(path))?.kind == .regular else {
      return AnswerRenderer.fault("NO_FILE")
    }
    return clear(path) ? AnswerRenderer.accepted : AnswerRenderer.fault("FAILED")
  }

  /// False where it cannot be removed. What is no regular file is left alone, and what is not there
  /// is clear.
  private mutating func clear(_ path: String) -> Bool {
    guard let status = try? fileStatus(path) else { return true }
    guard status.kind == .regular else { return true }
    do { try removeFile(path) } catch { return false }
    reopenLogs()
    return true
  }
}
