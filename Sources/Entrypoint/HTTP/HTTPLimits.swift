/// How much of a request is taken in before it is refused: what a stranger may make us keep.
package struct HTTPLimits: Sendable, Equatable {
  /// Bytes of a request line; RFC 9112 section 3 asks for 8000 at the least, and ours are short.
  package var line = 8 << 10
  /// Fields of a head. Browsers and proxies send some forty.
  package var fields = 100
  /// Bytes of a whole head; the common servers take 8 to 32 KiB, cookies included.
  package var head = 32 << 10
  /// Bytes of a body. No call of supervisord's interface is longer than this, but for text that is
  /// sent to a program: who sends that is known first, and then has this raised.
  package var body = 64 << 10

  package init() {}
}

extension HTTPLimits {
  /// Bytes of a body from somebody who may call.
  package static let trustedBody = 8 << 20
}
