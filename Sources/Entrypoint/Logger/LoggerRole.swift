internal import Linux

/// The logger: a process of its own, so that a stuck disk, a stuck log driver or a mistake in here
/// costs PID 1 nothing.
package enum LoggerRole {
  /// Where PID 1 puts our end of the channel.
  private static let channel: Int32 = 3

  package static func main() -> Int32 {
    ThisProcess.setTitle("entrypoint: logger")
    // It must outlive the programs, whose last words it writes: PID 1 ends it, and nobody else.
    ignoreSignals((1...31).filter { ![9, 17, 19].contains($0) })
    do {
      var loop = try LoggerLoop(channel: channel)
      loop.run()
      return 0
    } catch {
      printError("entrypoint: logger: \(error.message)\n")
      return 70
    }
  }
}
