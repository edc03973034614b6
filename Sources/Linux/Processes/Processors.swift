internal import CLinux

/// Processors this container may use: the quota of its control group, rounded up, else the
/// affinity.
package func availableProcessors() -> Int {
  let affinity = max(1, Int(clinux_processor_count()))
  guard let quota = controlGroupQuota() else { return affinity }
  return max(1, min(affinity, quota))
}

/// cgroup v2 `cpu.max`, then v1 `cpu.cfs_quota_us`: microseconds of processor per period.
private func controlGroupQuota() -> Int? {
  if let words = words(of: "/sys/fs/cgroup/cpu.max"), words.count == 2 {
    return ratio(words[0], words[1])
  }
  guard let quota = words(of: "/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?.first,
    let period = words(of: "/sys/fs/cgroup/cpu/cpu.cfs_period_us")?.first
  else { return nil }
  return ratio(quota, period)
}

private func ratio(_ quota: String, _ period: String) -> Int? {
  guard let quota = Int(quota), let period = Int(period), quota > 0, period > 0 else { return nil }
  return (quota - 1) / period + 1
}

private func words(of path: String) -> [String]? {
  guard let bytes = try? readFile(path, limit: 256) else { return nil }
  return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }.map(String.init)
}
