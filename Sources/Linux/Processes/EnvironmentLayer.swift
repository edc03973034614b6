/// What one environment changes in the one below it, in C's memory.
@safe final class EnvironmentLayer {
  /// What is different at one place of the environment below.
  private struct Change {
    var place: Int
    /// The index of an own string; nil: the variable is left out.
    var replacement: Int?
  }

  private let changes: [Change]
  /// First the replacements, then what is added.
  private let own: CStringList
  private let firstAdded: Int

  /// `changed` is by place in the environment below; nil is removed. Each text is `NAME=value`.
  init(_ changed: [Int: String?], _ added: [String]) {
    var strings: [String] = []
    var changes: [Change] = []
    for place in changed.keys.sorted() {
      var change = Change(place: place, replacement: nil)
      if case .some(.some(let entry)) = changed[place] {
        change.replacement = strings.count
        strings.append(entry)
      }
      changes.append(change)
    }
    firstAdded = strings.count
    self.changes = changes
    own = CStringList(strings + added)
  }

  var addedCount: Int { own.count - firstAdded }

  /// `count` is the number of places that the environments below have filled.
  func write(to array: EnvironmentArray, after count: Int) {
    for change in changes {
      unsafe array[change.place] = change.replacement.flatMap { unsafe own.pointer($0) }
    }
    for index in 0..<addedCount {
      unsafe array[count + index] = own.pointer(firstAdded + index)
    }
  }
}

/// Where the array for execve(2) is put together. One start is made at a time, so all environments
/// of one container share an array.
@safe final class EnvironmentArray {
  private var entries = unsafe UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>(
    start: nil, count: 0)

  deinit { unsafe entries.deallocate() }

  /// For `count` variables and the NULL at the end.
  func reserve(_ count: Int) {
    guard unsafe entries.count <= count else { return }
    unsafe entries.deallocate()
    unsafe entries = .allocate(capacity: count + 1)
    unsafe entries.initialize(repeating: nil)
  }

  subscript(place: Int) -> UnsafeMutablePointer<CChar>? {
    get { unsafe entries[place] }
    set { unsafe entries[place] = newValue }
  }

  /// The first `count` entries, without those that are NULL, and a NULL.
  func terminated(_ count: Int) -> UnsafePointer<UnsafeMutablePointer<CChar>?>? {
    var end = 0
    for place in 0..<count {
      guard let entry = unsafe entries[place] else { continue }
      unsafe entries[end] = entry
      end += 1
    }
    unsafe entries[end] = nil
    return unsafe UnsafePointer(entries.baseAddress)
  }
}
