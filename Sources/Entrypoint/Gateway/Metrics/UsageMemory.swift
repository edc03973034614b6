internal import Linux

/// Processor time that has been told, by what it was told of: of a program some is lost when one
/// of its processes is reaped by another one, and a counter must not go back.
final class UsageMemory {
  private var told: [String: Double] = [:]
  private var attribution = ProcessAttribution()

  /// In seconds.
  func processorSeconds(_ name: String, _ found: Double) -> Double {
    let most = max(found, told[name] ?? 0)
    told[name] = most
    return most
  }

  /// What each program uses, by the pid of its main process.
  func totals(_ processes: [ProcessUsage], of programs: [Int32]) -> [Int32: UsageTotal] {
    var totals: [Int32: UsageTotal] = [:]
    attribution.assign(processes, to: programs)
    for process in processes {
      guard let program = attribution.program(of: process) else { continue }
      totals[program, default: UsageTotal()].add(process)
    }
    return totals
  }

  /// Of those that are gone nothing is kept.
  func keepOnly(_ names: Set<String>) {
    if told.count > 2 * names.count + 16 { told = told.filter { names.contains($0.key) } }
  }
}

/// What all processes of a program use together.
struct UsageTotal {
  private(set) var processes = 0
  /// Pages that processes share count for each of them.
  private(set) var residentBytes: UInt64 = 0
  /// In nanoseconds.
  private(set) var processorTime: UInt64 = 0

  mutating func add(_ process: ProcessUsage) {
    processes += 1
    residentBytes &+= process.residentBytes
    processorTime &+= process.processorTime
  }
}
