/// What PID 1 and its logger say to each other, one record of a SOCK_SEQPACKET channel each.
///
/// A stream keeps its number through the life of PID 1, also over the death of a logger.
package enum LoggerMessage: Sendable, Equatable {
  /// To the logger, with the read end of the pipe.
  case open(stream: UInt32, StreamDescription)
  /// To the logger: whose lines they are from now on. The pid comes last, for the child itself
  /// fills it in (see `Launch.Streams.announcement`).
  case pid(streams: [UInt32], Int32)
  /// To the logger: close and open all files again.
  case reopen
  /// To the logger: write what there is and end.
  case finish
  /// To PID 1: a line held the text that was waited for.
  case ready(stream: UInt32)
  /// To PID 1: a target could not be opened or written; its lines are dropped until it can.
  case failed(stream: UInt32, error: Int32, path: String)
}

/// Where the lines of one stream go, and how.
package struct StreamDescription: Sendable, Equatable {
  package enum Format: UInt8, Sendable { case raw, prefix, json }

  package enum Target: Sendable, Equatable {
    case file(String)
    /// A descriptor of the container itself, by the number it has in the logger.
    case descriptor(Int32)
  }

  /// What `prefix` shows, and JSON's `program`.
  package var label: String
  package var instance: UInt32 = 0
  package var isError = false
  package var format = Format.raw
  package var targets: [Target] = []
  package var maximumBytes: UInt64 = 0
  package var backups: UInt32 = 0
  /// Files that hold what is nobody else's business: mode 0600, as mkstemp(3) makes them.
  package var isPrivate = false
  /// Empty: nothing is waited for.
  package var readyText = ""

  package init(label: String) { self.label = label }
}
