/// Where a program's output goes.
package struct Output: Sendable, Equatable {
  package var stdout = StreamOutput(targets: [.descriptor(1)])
  package var stderr = StreamOutput(targets: [.descriptor(2)])
  /// stderr goes wherever stdout goes.
  package var redirectStderr = false
  package var format = LogFormat.raw

  package init() {}
}

/// One stream of one program.
package struct StreamOutput: Sendable, Equatable {
  /// Empty: `NONE`, the output is read and dropped.
  package var targets: [LogTarget]
  /// As it is written in the file, `~` expanded; nil: not at all.
  package var written: String? = nil
  /// Zero: no rotation.
  package var maximumBytes = 50 << 20
  package var backups = 10
  package var compress = false
  package var rotatesDaily = false
  package var captureMaximumBytes = 0
  package var eventsEnabled = false
  package var syslog = false

  package init(targets: [LogTarget]) { self.targets = targets }

  /// What supervisord's interface tells of a file that turned out to be at `path`: a single one is
  /// told as it is written, so that a relative path stays one.
  package func told(_ path: String) -> String {
    guard targets.count == 1, case .file = targets[0], let written else { return path }
    return written
  }
}

/// One place that lines are written to.
package enum LogTarget: Sendable, Equatable {
  case file(String)
  /// `AUTO`: a file in the child log directory whose name is made at the start.
  case automatic
  /// A descriptor of the supervisor itself: `/dev/stdout`, `/dev/stderr`, `/dev/fd/N`,
  /// `/proc/self/fd/N`, `/proc/1/fd/N`. Never reopened by path, unlinked or rotated.
  case descriptor(Int32)
  case syslog
}

package enum LogFormat: Sendable, Equatable { case raw, prefix, json }
