internal import Linux

/// The meter: looks how much memory programs with a `memory_limit` use, so that PID 1 need not.
package enum MeterRole {
  /// Where PID 1 puts our end of the channel.
  private static let channel: Int32 = 3

  package static func main() -> Int32 {
    ThisProcess.setTitle("entrypoint: meter")
    // PID 1 ends us, and nobody else.
    ignoreSignals((1...31).filter { ![9, 17, 19].contains($0) })
    // Where there is nobody to become, as in some rootless containers, we stay who we are.
    try? ThisProcess.dropRights()
    var loop = MeterLoop(channel: channel)
    loop.run()
    return 0
  }
}
