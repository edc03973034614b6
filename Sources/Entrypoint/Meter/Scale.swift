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
  private var attribution = ProcessAttribution()

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
    case .outgrew, .seesNoOthers: break
    }
  }

  mutating func wasTold(_ message: MeterMessage) {
    guard case .outgrew(let instance, _, _) = message else { return }
    for index in watched.indices where watched[index].instance == instance {
      watched[index].isToldOf = true
    }
  }

  /// The resident memory of all processes of each program against its limit; pages that processes
  /// share count for each of them, as `ps` counts them.
  mutating func weigh(_ processes: [ProcessUsage]) -> [MeterMessage] {
    var used: [Int32: UInt64] = [:]
    attribution.assign(processes, to: watched.map(\.pid))
    for process in processes {
      guard let program = attribution.program(of: process) else { continue }
      used[program, default: 0] &+= process.residentBytes
    }
    var messages: [MeterMessage] = []
    for index in watched.indices where !watched[index].isToldOf {
      let pid = watched[index].pid
      watched[index].used = used[pid] ?? 0
      guard watched[index].used > watched[index].limit else { continue }
      messages.append(
        .outgrew(instance: watched[index].instance, pid: pid, bytes: watched[index].used))
    }
    return messages
  }
}
