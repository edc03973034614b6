internal import Linux
internal import MeterProtocol

/// The meter: looks how much memory programs with a `memory_limit` use, so that PID 1 need not.
package enum MeterRole {
  package static func main(_ title: String) -> Int32 {
    LongLivedRole.begin(title, as: .meter)
    if HiddenProcesses.hideParent {
      try? sendMessage(LongLivedRole.channel, MeterMessage.seesNoOthers.encoded)
    }
    var loop = MeterLoop(channel: LongLivedRole.channel)
    loop.run()
    return 0
  }
}
