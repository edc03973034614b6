internal import Linux
internal import LoggerProtocol

/// AUTO log files: those of earlier runs are removed, and each program's exists before the program
/// starts (supervisord, 4.4). `removeOld` returns sentences for the main log.
enum AutomaticLogs {
  /// How many names of the directory are examined: in /tmp a user may make any number of names.
  private static let maxNames = 100_000
  /// A user may make any number of names that cannot be removed, such as those of directories.
  private static let maxWarnings = 10

  /// The directory may be /tmp, in which all users may make files: those of others are not used.
  /// nil: the file exists.
  static func make(_ path: String) throws(PathProblem) -> FileNumber? {
    do throws(PathProblem) {
      let (directory, name) = try SafePath.parent(of: path)
      let made = try directory.create(name, .write, mode: 0o600)
      // Where the mark cannot be stored, it is read with the rights of the program's user.
      _ = directory.mark(made, for: .supervisor)
      closeDescriptor(made.descriptor)
      return FileNumber(made.status)
    } catch {
      guard error == .system(.exists) else { throw error }
      return nil
    }
  }

  /// In supervisord's words.
  static func removeOld(in directory: String, _ identifier: String) -> [String] {
    let pattern = AutomaticLogName(identifier: identifier)
    do throws(PathProblem) {
      let place = try SafePath.directory(directory)
      let left = try place.names(among: maxNames, where: pattern.matches).filter { name in
        do throws(PathProblem) {
          try place.remove(name)
          return false
        } catch {
          return true
        }
      }
      return warnings(left.sorted(), directory)
    } catch {
      return ["Could not clear childlog dir"]
    }
  }

  private static func warnings(_ left: [String], _ directory: String) -> [String] {
    let warnings = left.prefix(maxWarnings).map { "Failed to clean up '\(directory)/\($0)'" }
    let more = left.count - warnings.count
    guard more > 0 else { return warnings }
    return warnings + ["Failed to clean up \(more) further files in '\(directory)'"]
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
