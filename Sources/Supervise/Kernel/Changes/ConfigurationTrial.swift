internal import SuperviseCore

/// How long reading the configuration may take: a disk may never answer.
package enum ReadingLimit {
  /// The alarm that the reader sets for itself, in seconds.
  package static let reader: UInt32 = 60
  /// PID 1 waits for a reader that its alarm has not ended.
  static let supervisor = Duration.seconds(Int64(reader) + 5)
}

/// The configuration, read anew by a process of its own before PID 1 reads it: one that would bring
/// the reader down, or that never ends, costs us that process and nothing else.
struct ConfigurationTrial {
  enum Purpose: Equatable {
    /// Somebody wants to know what has changed.
    case difference(Client)
    /// Somebody, or SIGHUP, wants everything to begin again.
    case reload(Client?)
    /// Somebody wants more or fewer processes of a program.
    case scale(Client, Scaling)

    /// That is to be scaled.
    var program: String? {
      guard case .scale(_, let scaling) = self else { return nil }
      return scaling.program
    }
  }

  /// Who waits for an answer at the control socket: a slot and its generation.
  struct Client: Equatable {
    var slot: UInt32
    var generation: UInt32
  }

  var pid: Int32
  /// What it says of the configuration; read once it has ended.
  var words: Int32
  /// What it records of the host: a `MemoryFile`.
  var record: Int32
  var purpose: Purpose
  /// When PID 1 waits no longer for the reader.
  var deadline: Instant
}

extension [ConfigurationTrial] {
  /// nil: no reader runs.
  var nextDeadline: Instant? { lazy.map(\.deadline).min() }

  /// Takes out those whose time is over. The caller owns their descriptors.
  mutating func takeOverdue(at now: Instant) -> [ConfigurationTrial] {
    let overdue = filter { $0.deadline <= now }
    removeAll { $0.deadline <= now }
    return overdue
  }
}

/// A program on its way to another number of processes.
struct Scaling: Equatable {
  var program: String
  /// Its section, whose `numprocs` the number takes the place of.
  var section: String
  var count: Int
}
