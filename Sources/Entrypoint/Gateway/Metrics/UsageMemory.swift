internal import Linux

/// Processor time that has been told, by what it was told of: of a process group some is lost when
/// one of its members is reaped by somebody else, and a counter must not go back.
final class UsageMemory {
  private var told: [String: Double] = [:]

  /// In seconds.
  func processorSeconds(_ name: String, _ found: Double) -> Double {
    let most = max(found, told[name] ?? 0)
    told[name] = most
    return most
  }

  /// Of those that are gone nothing is kept.
  func keepOnly(_ names: Set<String>) {
    if told.count > 2 * names.count + 16 { told = told.filter { names.contains($0.key) } }
  }
}

/// What process groups use together.
struct GroupUsage {
  struct Total {
    var processes = 0
    var residentBytes: UInt64 = 0
    var processorTime: UInt64 = 0
  }

  private var totals: [Int32: Total] = [:]

  init(_ processes: [ProcessUsage]) {
    for process in processes { totals[process.group, default: Total()].add(process) }
  }

  /// nil: there is none.
  subscript(_ group: Int32) -> Total? { group > 0 ? totals[group] : nil }
}

extension GroupUsage.Total {
  mutating func add(_ process: ProcessUsage) {
    processes += 1
    residentBytes &+= process.residentBytes
    processorTime &+= process.processorTime
  }
}
