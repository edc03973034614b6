internal import Linux

/// Receives what programs announce by sd_notify(3), and passes on to PID 1 what it has verified.
///
/// A program can pass descriptors whose close waits for minutes, and can flood its socket: the role
/// bears that, and PID 1 can lose the role at any time without losing a message.
package enum NotifyRole {
  package static func main(_ title: String) -> Int32 {
    LongLivedRole.begin(title, as: .notify)
    // Children that receive descriptors are reaped by the kernel.
    ignoreSignals([childSignal])
    return LongLivedRole.run(title) { () throws(Errno) in
      var loop = try NotifyLoop(channel: LongLivedRole.channel)
      loop.run()
    }
  }
}
