internal import Linux

/// The events role: a process of its own, so that what listeners write, or do not read, costs
/// PID 1 nothing.
package enum EventsRole {
  package static func main(_ title: String) -> Int32 {
    // Listeners stop last, and hear of every other stop.
    LongLivedRole.begin(title, as: .events)
    return LongLivedRole.run(title) { () throws(Errno) in
      var loop = try EventsLoop(channel: LongLivedRole.channel)
      loop.run()
    }
  }
}
