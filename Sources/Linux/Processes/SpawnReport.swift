internal import CLinux

/// Where a child leaves word of the step of its set-up that failed: memory it shares with us until
/// it becomes the program.
@safe package struct SpawnReport {
  /// The steps between clone and exec, by the names the messages use.
  package enum Stage: Int32, Sendable, CaseIterable {
    case group = 1, terminal, descriptors, oomScore, nice, limits, processors, boundingSet
    case supplementaryGroups, groupID, userID, capabilities, directory, privileges, exec
  }

  package struct Failure: Sendable, Equatable {
    package var stage: Stage
    package var error: Errno
  }

  let pointer: UnsafeMutablePointer<clinux_report>

  /// nil while nothing has failed; to be asked once the child has ended.
  package var failure: Failure? {
    let record = unsafe pointer.pointee
    guard let stage = Stage(rawValue: record.stage) else { return nil }
    return Failure(stage: stage, error: Errno(code: record.error))
  }
}

/// Reports for a number of programs, in shared pages that are never given back.
package struct SpawnReports {
  private static let pageful = 512
  private var reports: [SpawnReport] = []

  package init() {}

  /// The report of this place, made when it is first asked for.
  ///
  /// Throws ENOMEM when there is no memory for it.
  package mutating func report(_ index: Int) throws(Errno) -> SpawnReport {
    while reports.count <= index {
      guard let page = unsafe clinux_reports_make(Int32(Self.pageful)) else {
        throw Errno(code: 12)
      }
      for offset in 0..<Self.pageful { reports.append(unsafe SpawnReport(pointer: page + offset)) }
    }
    return reports[index]
  }
}
