/// Looks for a text in a stream that comes in pieces: `ready=log:text`.
struct TextWatch {
  private let text: [UInt8]
  /// The end of the last piece, in which the text may have begun.
  private var carried: [UInt8] = []
  private(set) var isWaiting: Bool

  init(_ text: String) {
    self.text = Array(text.utf8)
    isWaiting = !text.isEmpty
  }

  /// A new process: what an older one has said counts no more.
  mutating func restart() {
    carried = []
    isWaiting = !text.isEmpty
  }

  /// True once, with the piece that completes the text.
  mutating func sees(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard isWaiting else { return false }
    carried += bytes
    if contains() {
      isWaiting = false
      carried = []
      return true
    }
    carried.removeFirst(max(0, carried.count - text.count + 1))
    return false
  }

  private func contains() -> Bool {
    guard carried.count >= text.count else { return false }
    return (0...(carried.count - text.count)).contains { start in
      carried[start..<(start + text.count)].elementsEqual(text)
    }
  }
}
