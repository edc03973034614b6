internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// AUTO log files: those of earlier runs go, and each program's is there before it is started
/// (supervisord, 4.4).
extension Kernel {
  /// At the start.
  mutating func renewAutomaticLogs() {
    guard fleet.plan.foreground == nil else { return }
    removeOldAutomaticLogs()
    for group in fleet.plan.groups { makeAutomaticLogs(group.members) }
  }

  /// Also for a group that has come; what has been started with it has its files already.
  mutating func makeAutomaticLogs(_ members: [InstanceID]) {
    for id in members {
      guard let wanted = wantedOutput(of: id) else { continue }
      if wanted.stdout.targets.contains(.automatic) { makeAutomaticLog(id, isError: false) }
      guard !wanted.redirectStderr, wanted.stderr.targets.contains(.automatic) else { continue }
      makeAutomaticLog(id, isError: true)
    }
  }

  /// For nobody else's eyes, and in nobody else's place: /tmp is everybody's.
  private mutating func makeAutomaticLog(_ id: InstanceID, isError: Bool) {
    let label = fleet.plan.members[id.index].displayName
    let path = output.automaticPath(label, isError: isError)
    do {
      closeDescriptor(try openFile(path, [.write, .create, .exclusive, .noFollow], mode: 0o600))
    } catch  where error == .exists {
    } catch {
      narrator.say(.warning, "cannot make \(path): \(error.message)")
    }
  }

  /// supervisord does so whatever its configuration says; under our own name only who uses AUTO
  /// has such files.
  private mutating func removeOldAutomaticLogs() {
    guard !configuration.supervisor.nocleanup, isSupervisord || configuration.hasAutomaticLogs
    else { return }
    let pattern = AutomaticLogName(identifier: configuration.supervisor.identifier)
    guard let names = try? listDirectory(output.directory) else {
      return narrator.say(.warning, "Could not clear childlog dir")
    }
    for name in names where pattern.matches(name) {
      let path = "\(output.directory)/\(name)"
      do { try removeFile(path) } catch {
        narrator.say(.warning, "Failed to clean up '\(path)'")
      }
    }
  }
}

/// What supervisord takes for an AUTO log, rotated ones too: it begins like
/// `.+?---<identifier>-\S+\.log`, whatever follows.
struct AutomaticLogName {
  private let middle: [UInt8]
  private static let ending = Array(".log".utf8)

  init(identifier: String) { middle = Array("---\(identifier)-".utf8) }

  func matches(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let start = place(of: middle, in: bytes, from: 1) else { return false }
    let rest = bytes[(start + middle.count)...].prefix { $0 > 0x20 && $0 != 0x7F }
    return place(of: Self.ending, in: Array(rest), from: 1) != nil
  }

  private func place(of piece: [UInt8], in bytes: [UInt8], from first: Int) -> Int? {
    guard bytes.count >= first + piece.count else { return nil }
    return (first...(bytes.count - piece.count)).first {
      bytes[$0..<($0 + piece.count)].elementsEqual(piece)
    }
  }
}

extension Configuration {
  fileprivate var hasAutomaticLogs: Bool {
    units.contains { unit in
      switch unit.work {
      case .program(let program): program.processes.contains { $0.execution.output.isAutomatic }
      case .hook(let hook): hook.execution.output.isAutomatic
      case .cron(let cron): cron.execution.output.isAutomatic
      case .wait, .directory, .template: false
      }
    }
  }
}

extension Output {
  fileprivate var isAutomatic: Bool {
    stdout.targets.contains(.automatic) || stderr.targets.contains(.automatic)
  }
}
