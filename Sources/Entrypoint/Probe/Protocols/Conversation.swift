package import SuperviseCore

/// One protocol, as far as it takes to know that a server is ready: bytes in, what to send or the
/// verdict out, and no input or output of its own.
///
/// What comes in was written by somebody else: every length in it is checked, everything kept of it
/// has a bound, and it may come in pieces of any size.
package protocol Conversation: Sendable {
  /// What we say first; empty where the server begins.
  var opening: [UInt8] { get }

  /// What the server owes us now, as in `sent no greeting within 3s`.
  var awaited: String { get }

  /// What is certain even if the server says nothing more; nil while that would be a failure.
  var settled: String? { get }

  mutating func receive(_ bytes: [UInt8]) -> Reply
}

extension Conversation {
  package var opening: [UInt8] { [] }
  package var settled: String? { nil }
}

/// What follows from what has been received so far.
package enum Reply: Sendable, Equatable {
  case wait
  case send([UInt8])
  /// The verdict, and what to say so that the server does not count an aborted connection.
  case over(Verdict, farewell: [UInt8] = [])
}

extension Reply {
  static func passed(_ words: String) -> Reply { .over(.passed(words)) }
  static func failed(_ words: String) -> Reply { .over(.failed(words)) }

  /// The port is open, but somebody else answers.
  static func notSpeaking(_ name: String) -> Reply {
    .failed("connected, but what answers does not speak \(name)")
  }
}
