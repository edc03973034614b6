internal import Linux

/// The gateway: a process of its own for HTTP and XML, so that whatever a stranger sends reaches
/// nothing that matters. All it can do is ask PID 1, in words.
package enum GatewayRole {
  /// Where PID 1 puts our end of the channel.
  private static let channel: Int32 = 3
  /// Several times what all limits together let us keep, so that only a mistake of ours reaches it.
  /// The address space is what is bounded, since that makes malloc(3) fail, at which Swift ends the
  /// process: RLIMIT_RSS has no effect on Linux, and a control group may not be ours to make.
  private static let mostMemory: UInt64 = 512 << 20
  /// Each client may have a stream to PID 1 and a log open.
  private static let mostFiles: UInt64 = 4096

  package static func main() -> Int32 {
    ThisProcess.setTitle("entrypoint: gateway")
    // It must be there until the programs are down: PID 1 ends it, and nobody else.
    ignoreSignals((1...31).filter { ![9, 17, 19].contains($0) })
    giveUpWhatIsNotNeeded()
    do {
      var gateway = try Gateway(channel: channel)
      gateway.run()
      return 0
    } catch {
      printError("entrypoint: gateway: \(error.message)\n")
      return 70
    }
  }

  /// A container that does not let us is no reason not to serve: root there is not allowed much.
  private static func giveUpWhatIsNotNeeded() {
    try? ThisProcess.raiseOpenFileLimit(to: mostFiles)
    try? ThisProcess.limitMemory(to: mostMemory)
    do { try ThisProcess.dropRights() } catch {
      printError("entrypoint: gateway: cannot give up its rights: \(error.message)\n")
    }
  }
}
