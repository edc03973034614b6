internal import Glibc

/// Ends the process with a sentence where a release build's trap would say nothing.
///
/// For what cannot be unless the program itself is wrong.
package func invariant(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  guard !condition() else { return }
  let text = Array("entrypoint: internal error: \(message()) (\(file):\(line))\n".utf8)
  // PID 1 must not wait for the reader of the container's stderr.
  _ = try? SharedOutlet(2).write(text, text.indices)
  abort()
}
