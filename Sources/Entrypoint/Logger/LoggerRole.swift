internal import Linux

/// The logger: a process of its own, so that a stuck disk, a stuck log driver or a mistake in here
/// costs PID 1 nothing.
package enum LoggerRole {
  package static func main(_ title: String) -> Int32 {
    // It must outlive the programs, whose last words it writes.
    LongLivedRole.begin(title, as: .logger)
    return LongLivedRole.run(title) { () throws(Errno) in
      var loop = try LoggerLoop(channel: LongLivedRole.channel)
      loop.run()
    }
  }
}
