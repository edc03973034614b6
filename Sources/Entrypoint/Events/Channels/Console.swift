internal import Linux

/// The supervisor's stdout, for what result handlers print. What its reader does not take waits
/// here; listeners whose results are shown are not read meanwhile, so that no line is lost.
struct Console {
  static let descriptor: Int32 = 1

  private let outlet = SharedOutlet(Console.descriptor)
  private var waiting: [UInt8] = []
  private var written = 0

  var isStuck: Bool { written < waiting.count }

  mutating func write(_ bytes: [UInt8]) {
    waiting += bytes
    flush()
  }

  /// What fits now. Without a reader the lines are lost, as those of any program are.
  mutating func flush() {
    while isStuck {
      guard let count = try? outlet.write(waiting, written..<waiting.count) else { break }
      if count == 0 { return }
      written += count
    }
    waiting.removeAll(keepingCapacity: true)
    written = 0
  }
}
