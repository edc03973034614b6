/// What PID 1 and its logger say to each other, one record of a SOCK_SEQPACKET channel each.
///
/// A stream keeps its number through the life of PID 1, also over the death of a logger. It ends by
/// itself once every write end of its pipe is closed; its number may then be given away anew.
package enum LoggerMessage: Sendable, Equatable {
  /// To the logger, with the read end of the pipe.
  case open(stream: UInt32, StreamDescription)
  /// To the logger: whose lines they are from now on.
  case began(Beginning)
  /// To the logger: that process has ended, with so much in its pipes that is not read yet. What it
  /// has not finished with a newline is written after that; the pipes stay open.
  case exited(Beginning)
  /// To the logger: close and open all files again.
  case reopen
  /// To the logger: empty the files of a stream, its program running or not, and answer with
  /// `cleared` and the same number.
  case clear(stream: UInt32, request: UInt32)
  /// To the logger, with the end of a SOCK_SEQPACKET channel whose other end the events role has.
  case events
  /// To the logger: answer with `counted`, for every stream.
  case count
  /// To the logger: a line of the main log, for these places, behind all output that programs have
  /// written by now.
  case mainLog(String, [StreamDescription.Target])
  /// To the logger: write what there is and end.
  case finish
  /// To PID 1: a line held the text that was waited for.
  case ready(stream: UInt32)
  /// To PID 1: a target could not be opened or written; its lines are dropped until it can.
  case failed(stream: UInt32, error: Int32, path: String)
  /// To PID 1: the answer to `clear`; the error is an errno(3), zero when all went well.
  case cleared(request: UInt32, error: Int32)
  /// To PID 1: what has gone through streams since this logger opened them; the last of several
  /// such records says so.
  case counted([StreamCount], isLast: Bool)
  /// To PID 1: every write end of its pipe was closed, and what it held is written.
  case ended(stream: UInt32)
  /// To PID 1: so many events were dropped, because the events role did not take them in time.
  case eventsLost(UInt64)
  /// To PID 1: a rotated file stays as it is.
  case notCompressed(path: String, reason: String)
  /// About files that the logger opens, makes or removes for PID 1.
  case file(LogFileMessage)
}

/// A process that writes to streams which a predecessor of it may have written to.
package struct Beginning: Sendable, Equatable {
  package struct Stream: Sendable, Equatable {
    package var number: UInt32
    /// So many bytes were in its pipe at the time: the last words of the predecessor.
    package var unread: UInt32

    package init(number: UInt32, unread: UInt32) {
      self.number = number
      self.unread = unread
    }
  }

  package var streams: [Stream]
  /// In nanoseconds of the monotonic clock.
  package var at: UInt64
  package var pid: Int32

  package init(streams: [Stream], at: UInt64, pid: Int32) {
    self.streams = streams
    self.at = at
    self.pid = pid
  }
}

/// In bytes, of one stream.
package struct StreamCount: Sendable, Equatable {
  /// In one record; a thousand programs have two thousand streams.
  package static let mostInRecord = 500

  package var stream: UInt32
  /// Read from its program.
  package var read: UInt64
  /// Lost, since a place could not be written to; with what the format has added.
  package var dropped: UInt64

  package init(stream: UInt32, read: UInt64, dropped: UInt64) {
    self.stream = stream
    self.read = read
    self.dropped = dropped
  }
}

/// Where the lines of one stream go, and how.
package struct StreamDescription: Sendable, Equatable {
  package enum Format: UInt8, Sendable { case raw, prefix, json }

  package enum Target: Sendable, Equatable {
    case file(String)
    /// A descriptor of the container itself, by the number it has in the logger.
    case descriptor(Int32)
    /// Datagrams to /dev/log, under this name: a program's lines with its process name before
    /// each (supervisord: `<process_name> <line>`), those of a nameless stream as they are.
    case syslog(identity: String)
  }

  /// What `prefix` shows.
  package var label: String
  /// As JSON calls it, with the instance beside it.
  package var program: String
  package var instance: UInt32 = 0
  package var isError = false
  package var format = Format.raw
  package var targets: [Target] = []
  package var maximumBytes: UInt64 = 0
  package var backups: UInt32 = 0
  /// Rotated files become `.gz`.
  package var compresses = false
  /// Also when the day turns in the container's own zone.
  package var rotatesDaily = false
  /// Files that hold what is nobody else's business: mode 0600, as mkstemp(3) makes them.
  package var isPrivate = false
  /// Files of a program that does not run as root have mode 0640, and this group where root makes
  /// them: its own. nil: mode 0644.
  package var readers: UInt32? = nil
  /// The uid of the program. Its output is not written to a file that a third user has made.
  package var user: UInt32 = 0
  /// Empty: nothing is waited for.
  package var readyText = ""
  /// Escape sequences of terminals are removed before anything else sees the output.
  package var stripsANSI = false
  /// Of what is written between the tokens of capture mode the last so many bytes become a
  /// PROCESS_COMMUNICATION event; zero: the tokens mean nothing.
  package var captureMaximum: UInt64 = 0
  /// Whatever is written becomes PROCESS_LOG events too.
  package var hasEvents = false
  /// The places of the main log, into which output is copied at `loglevel=debug`; empty: it is not
  /// copied. A file among them is written by a stream of its own, which was opened earlier.
  package var copies: [Target] = []
  /// As events and syslog call it.
  package var processName = ""
  package var groupName = ""

  package init(label: String) {
    self.label = label
    program = label
  }
}
