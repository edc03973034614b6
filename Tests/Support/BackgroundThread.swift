import Glibc

/// A thread that plays the other side of a connection while the test waits for its own.
package final class BackgroundThread {
  private var thread = pthread_t()

  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  package init(_ run: @escaping @Sendable () -> Void) {
    let body = Unmanaged.passRetained(Body(run)).toOpaque()
    let result = pthread_create(
      &thread, nil,
      { pointer in
        if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
        return nil
      }, body)
    precondition(result == 0, "no thread")
  }

  /// Until it has played its part.
  package func join() { pthread_join(thread, nil) }
}
