internal import Linux

/// The gateway: a process of its own for HTTP and XML, so that whatever a stranger sends reaches
/// nothing that matters. All it can do is ask PID 1, in words.
package enum GatewayRole {
  /// Several times what all limits together let us keep, so that only a mistake of ours reaches it.
  /// The address space is what is bounded, since that makes malloc(3) fail, at which Swift ends the
  /// process: RLIMIT_RSS has no effect on Linux, and a control group may not be ours to make.
  private static let mostMemory: UInt64 = 512 << 20
  /// Each client may have a stream to PID 1 and a log open.
  private static let mostFiles: UInt64 = 4096

  package static func main(_ title: String) -> Int32 {
    // It must be there until the programs are down.
    LongLivedRole.begin(title, as: .gateway)
    limitItself()
    return LongLivedRole.run(title) { () throws(Errno) in
      var gateway = try Gateway(channel: LongLivedRole.channel)
      gateway.run()
    }
  }

  /// Where the container's own limits are lower, those hold.
  private static func limitItself() {
    try? ThisProcess.raiseOpenFileLimit(to: mostFiles)
    // AddressSanitizer reserves address space for a shadow of all memory.
    #if !SANITIZE
      try? ThisProcess.limitMemory(to: mostMemory)
    #endif
  }
}
