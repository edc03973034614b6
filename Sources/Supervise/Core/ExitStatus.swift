/// How a process ended, as wait(2) tells it.
package enum ExitStatus: Sendable, Equatable {
  case code(Int32)
  case signal(Int32, coreDumped: Bool)
  /// By SIGKILL, which the kernel sent because the container's memory was used up.
  case outOfMemory
  /// SIGKILL has not ended the process: there is no status.
  case survivedKill

  /// What a shell would report: 128 + n for signal n, also if SIGKILL has not ended the process.
  package var shellCode: Int32 {
    switch self {
    case .code(let code): code
    case .signal(let number, _): 128 &+ number
    case .outOfMemory, .survivedKill: 128 + 9
    }
  }

  /// The code, or nil for death by signal, which supervisord never expects.
  package var ownCode: Int32? {
    guard case .code(let code) = self else { return nil }
    return code
  }
}

/// Why a program could not even be started.
package struct SpawnFailure: Error, Sendable, Equatable {
  /// As the XML-RPC faults tell them apart, but for `shortage`, which is `other` to them.
  package enum Kind: Sendable, Equatable {
    case noFile, notExecutable
    /// The host environment had no process, memory or buffer left, which another program may have
    /// used up. It says nothing about this program, so that it counts as no failed start.
    case shortage
    case other
  }

  package var kind: Kind
  /// supervisord's `spawnerr`.
  package var text: String

  package init(kind: Kind, text: String) {
    self.kind = kind
    self.text = text
  }

  static let exitedTooQuickly = SpawnFailure(
    kind: .other, text: "Exited too quickly (process log may have details)")
}
