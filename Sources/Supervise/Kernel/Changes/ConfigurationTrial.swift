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
}

/// A program on its way to another number of processes.
struct Scaling: Equatable {
  var program: String
  /// Its section, whose `numprocs` the number takes the place of.
  var section: String
  var count: Int
}
