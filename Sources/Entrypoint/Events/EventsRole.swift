internal import Linux

/// The events role: a process of its own, so that what listeners write, or do not read, costs
/// PID 1 nothing.
package enum EventsRole {
  /// Where PID 1 puts our end of the channel.
  private static let channel: Int32 = 3

  package static func main() -> Int32 {
    ThisProcess.setTitle("entrypoint: events")
    // Listeners stop last, and hear of every other stop: PID 1 ends us, and nobody else.
    ignoreSignals((1...31).filter { ![9, 17, 19].contains($0) })
    // Where there is nobody to become, as in some rootless containers, we stay who we are.
    try? ThisProcess.dropRights()
    do {
      var loop = try EventsLoop(channel: channel)
      loop.run()
      return 0
    } catch {
      printError("entrypoint: events: \(error.message)\n")
      return 70
    }
  }
}
