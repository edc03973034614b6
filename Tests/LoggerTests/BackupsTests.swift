import Support
import Testing

@testable import Logger

/// A directory that exists only here: what is in each file, as the numbers of its lines.
private struct Disk {
  var files: [String: [Int]] = ["/l": []]

  mutating func perform(_ steps: ArraySlice<Backups.Step>) {
    for step in steps {
      switch step {
      case .rename(let from, let to):
        if let lines = files.removeValue(forKey: from) { files[to] = lines }
      case .complete(let from, let to):
        guard files[to] == nil, let lines = files.removeValue(forKey: from) else { return }
        files[to] = lines
      case .remove(let path): files[path] = nil
      }
    }
  }

  func free(_ backups: Backups) -> Int? {
    (1...backups.count).first { number in
      files[backups.plain(number)] == nil && files[backups.compressed(number)] == nil
    }
  }

  /// The oldest first, each once: a logger that is killed before it removes a file that has been
  /// compressed leaves its lines in two files.
  func lines(_ backups: Backups) -> [Int] {
    let older = (1...backups.count).reversed().map { number in
      files[backups.plain(number)] ?? files[backups.compressed(number)] ?? []
    }
    var seen: Set<Int> = []
    return (older.flatMap(\.self) + (files["/l"] ?? [])).filter { seen.insert($0).inserted }
  }

  func kept(_ backups: Backups) -> Int {
    (1...backups.count).filter { number in
      files[backups.plain(number)] != nil || files[backups.compressed(number)] != nil
    }.count
  }
}

/// A log that is written, rotated and compressed, by loggers that are killed between any two steps.
private struct Bench {
  let backups: Backups
  var disk = Disk()
  var random: SplitMix64
  var written = 0
  /// The lines that the running gzip reads.
  var compressing: [Int]?

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    backups = Backups(path: "/l", count: Int(random.next() % 5) + 1, areCompressed: true)
    self.random = random
  }

  mutating func step() {
    switch random.next() % 8 {
    case 0, 1, 2: write()
    case 3, 4: rotate()
    case 5: beginCompression()
    case 6: endCompression()
    default: recover()
    }
  }

  mutating func write() {
    disk.files["/l", default: []].append(written)
    written += 1
  }

  private mutating func rotate() {
    guard disk.files["/l"]?.isEmpty == false else { return }
    perform(backups.shift(free: disk.free(backups)))
    // Whoever comes after a killed logger opens the log anew, and goes on where it is.
    disk.files["/l", default: []] += []
  }

  /// The logger is killed, its gzip with it, and another comes.
  private mutating func recover() { compressing = nil }

  private mutating func beginCompression() {
    let number = (1...backups.count).first {
      disk.files[backups.plain($0)] != nil && disk.files[backups.compressed($0)] == nil
    }
    compressing = number.flatMap { disk.files[backups.plain($0)] }
    disk.files[backups.unfinished] = compressing
  }

  private mutating func endCompression() {
    guard let lines = compressing else { return }
    compressing = nil
    guard
      let number = (1...backups.count).first(where: { disk.files[backups.plain($0)] == lines })
    else {
      disk.files[backups.unfinished] = nil
      return
    }
    perform(backups.finish(number))
  }

  /// Now and then not to the end.
  private mutating func perform(_ steps: [Backups.Step]) {
    let isKilled = random.next() % 6 == 0
    let done = isKilled ? Int(random.next() % UInt64(steps.count)) : steps.count
    disk.perform(steps[..<done])
    if isKilled { recover() }
  }
}

@Suite struct BackupsTests {
  /// What is left are the last lines without a gap, in as many files as are kept.
  @Test func whoeverIsKilledWheneverLosesNoLineThatIsToBeKept() {
    for seed in 0..<3000 as Range<UInt64> {
      var bench = Bench(seed: seed)
      for _ in 0..<60 {
        bench.step()
        let lines = bench.disk.lines(bench.backups)
        let expected = Array((bench.written - lines.count)..<bench.written)
        guard lines == expected else {
          Issue.record("seed \(seed): \(bench.disk.files)")
          return
        }
        guard lines.count == bench.written || bench.hasFullBackups else {
          Issue.record("seed \(seed): a line was lost early: \(bench.disk.files)")
          return
        }
      }
    }
  }
}

extension Bench {
  /// But for the one that a killed logger had made room for.
  var hasFullBackups: Bool { disk.kept(backups) >= backups.count - 1 }
}
