internal import Linux
internal import MeterProtocol

/// Who is watched, and what was found at the last look.
struct Scale {
  private struct Watched {
    var instance: UInt32
    var pid: Int32
    var limit: UInt64
    var used: UInt64 = 0
    var isToldOf = false
  }

  /// In nanoseconds. A leak is seldom fast, but the last quarter before the limit is watched
  /// closely, so that it is not far exceeded.
  private static let usualInterval: UInt64 = 1_000_000_000
  private static let closeInterval: UInt64 = 200_000_000

  private var watched: [Watched] = []

  var isEmpty: Bool { watched.allSatisfy(\.isToldOf) }

  var interval: UInt64 {
    let isClose = watched.contains { !$0.isToldOf && $0.used > $0.limit / 4 * 3 }
    return isClose ? Scale.closeInterval : Scale.usualInterval
  }

  mutating func take(_ message: MeterMessage) {
    switch message {
    case .watch(let instance, let pid, let limit):
      watched.removeAll { $0.instance == instance }
      watched.append(Watched(instance: instance, pid: pid, limit: limit))
    case .forget(let instance): watched.removeAll { $0.instance == instance }
    case .outgrew: break
    }
  }

  mutating func wasTold(_ message: MeterMessage) {
    guard case .outgrew(let instance, _, _) = message else { return }
    for index in watched.indices where watched[index].instance == instance {
      watched[index].isToldOf = true
    }
  }

  /// The resident memory of each group against its limit; pages that its processes share count for
  /// each, as `ps` counts them.
  mutating func weigh(_ processes: [ProcessUsage]) -> [MeterMessage] {
    var messages: [MeterMessage] = []
    for index in watched.indices where !watched[index].isToldOf {
      let group = watched[index].pid
      watched[index].used = processes.reduce(0) { sum, process in
        process.group == group ? sum &+ process.residentBytes : sum
      }
      guard watched[index].used > watched[index].limit else { continue }
      messages.append(
        .outgrew(
          instance: watched[index].instance, pid: group, bytes: watched[index].used))
    }
    return messages
  }
}
