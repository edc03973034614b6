internal import Linux
internal import Probe
internal import ProgramSpec
internal import SuperviseCore

/// Asks a Redis by way of a process without rights, a new one for each request.
struct RedisPeer {
  private let lock: RedisLock
  /// What the process keeps of the rights that the hook has.
  private let rights: ReducedRights
  /// One for all processes, which run one after the other; nil: there is no memory for it.
  private let report: SpawnReport?

  /// For the process to end by itself after its own time-out.
  private static let margin: Int32 = 1000
  private static let kill: Int32 = 9
  /// A killed process ends within this many milliseconds, or is left to whatever ends the lease.
  private static let looks = 1000

  init(_ lock: RedisLock, _ rights: ReducedRights) {
    self.lock = lock
    self.rights = rights
    var reports = SpawnReports()
    report = try? reports.report(0)
  }

  func ask(_ words: [String], within limit: Duration) -> RedisClient.Answer {
    let milliseconds = Int32(clamping: limit.wholeNanoseconds / 1_000_000)
    do throws(Errno) {
      let channel = try makeMessageChannel()
      let ours = Descriptor(adopting: channel.ours)
      let pid = try start(channel.theirs, milliseconds)
      defer { end(pid) }
      try sendMessage(ours.raw, RedisWire.record(words: words))
      guard try waitFor(ours.raw, .readable, milliseconds: milliseconds + RedisPeer.margin) else {
        return .unreachable(Errno.timedOut.message)
      }
      return try answer(ours.raw)
    } catch {
      return .unreachable(error.message)
    }
  }

  private func start(_ channel: Int32, _ milliseconds: Int32) throws(Errno) -> Int32 {
    let theirs = Descriptor(adopting: channel)
    var recipe = Launch.Recipe(
      path: ThisProcess.ownExecutable, arguments: [RedisRole.title, "\(milliseconds)"],
      environment: ["\(LeaseRole.variable)=\(lock.confidentialText)"])
    recipe.reducedRights = rights
    recipe.staysInGroup = true
    recipe.diesWithParent = true
    var streams = Launch.Streams(input: nil, output: nil, error: nil)
    streams.extra = (theirs.raw, LongLivedRole.channel)
    guard let report else { throw .noMemory }
    return try Launch(recipe).start(streams, report: report)
  }

  private func answer(_ channel: Int32) throws(Errno) -> RedisClient.Answer {
    var buffer = readBuffer(size: RedisWire.longest)
    let (count, passed) = try receiveMessage(channel, into: &buffer)
    if let passed { closeDescriptor(passed) }
    return RedisWire.answer(buffer[..<count]) ?? .unreachable("the request to Redis failed")
  }

  private func end(_ pid: Int32) {
    try? sendSignal(RedisPeer.kill, toProcess: pid)
    for _ in 0..<RedisPeer.looks {
      if peekEndedChild(pid) != nil { break }
      pauseFor(milliseconds: 1)
    }
    reap(pid)
  }
}
