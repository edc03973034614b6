internal import CLinux
internal import Glibc

/// Environment variables that many programs share, laid out once in C's memory. A launch adds only
/// its own variables: a container with thousands of variables and many programs has one copy.
@safe package final class SharedEnvironment {
  /// Each `NAME=value`, in the order in which they were given.
  let entries: [String]
  private lazy var strings = CStringList(entries)
  /// Where each name is, in ascending order. A name may be there more than once.
  private lazy var places = SharedEnvironment.places(entries)
  /// Where the array for execve(2) is put together. One start is made at a time.
  private var scratch = unsafe UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>(
    start: nil, count: 0)

  package init(_ entries: [String]) { self.entries = entries }

  deinit { unsafe scratch.deallocate() }

  private static func places(_ entries: [String]) -> [Substring: [Int]] {
    var places: [Substring: [Int]] = [:]
    places.reserveCapacity(entries.count)
    for (place, entry) in entries.enumerated() {
      guard let name = entry.variableName else { continue }
      places[name, default: []].append(place)
    }
    return places
  }

  fileprivate func places(of name: String) -> [Int] { places[name[...]] ?? [] }

  /// Calls `body` with a NULL-terminated array: the shared variables with `changes` applied, then
  /// `added`. The array is valid until the next call.
  fileprivate func withPointers<Result, Failure: Error>(
    _ changes: [LaidOutEnvironment.Change], adding own: CStringList, from firstAdded: Int,
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    reserve(entries.count + own.count + 1)
    var count = 0
    var next = changes.makeIterator()
    var change = next.next()
    for place in entries.indices {
      guard let current = change, current.place == place else {
        unsafe scratch[count] = strings.pointer(place)
        count += 1
        continue
      }
      if let replacement = current.replacement {
        unsafe scratch[count] = own.pointer(replacement)
        count += 1
      }
      change = next.next()
    }
    for index in firstAdded..<own.count {
      unsafe scratch[count] = own.pointer(index)
      count += 1
    }
    unsafe scratch[count] = nil
    return try unsafe body(UnsafePointer(scratch.baseAddress))
  }

  private func reserve(_ size: Int) {
    guard unsafe scratch.count < size else { return }
    unsafe scratch.deallocate()
    unsafe scratch = .allocate(capacity: size)
    unsafe scratch.initialize(repeating: nil)
  }
}

/// The environment of one program: what it shares with others, and its own changes to that.
///
/// A variable that is set again keeps its place and gets the later value; a new one comes last.
package struct ProgramEnvironment {
  fileprivate let shared: SharedEnvironment
  /// Of the shared ones, by their place; nil is removed.
  fileprivate var changed: [Int: String?] = [:]
  fileprivate var added: [String] = []
  /// Where each name is in `added`.
  private var addedPlaces: [String: Int] = [:]

  package init(_ shared: SharedEnvironment) { self.shared = shared }
  /// An environment that shares nothing.
  package init(_ entries: [String]) { self.init(SharedEnvironment(entries)) }

  package mutating func set(_ name: String, _ value: String) {
    let entry = "\(name)=\(value)"
    if let place = addedPlaces[name] {
      added[place] = entry
    } else if let place = shared.places(of: name).first(where: { !isRemoved($0) }) {
      changed[place] = .some(entry)
    } else {
      addedPlaces[name] = added.count
      added.append(entry)
    }
  }

  package mutating func remove(_ name: String) {
    for place in shared.places(of: name) { changed[place] = .some(nil) }
    guard let place = addedPlaces.removeValue(forKey: name) else { return }
    added.remove(at: place)
    for (other, index) in addedPlaces where index > place { addedPlaces[other] = index - 1 }
  }

  private func isRemoved(_ place: Int) -> Bool { changed[place] == .some(nil) }

  /// Each `NAME=value`, in the order in which the program gets them.
  package var entries: [String] {
    shared.entries.indices.compactMap { place in
      changed[place] ?? shared.entries[place]
    } + added
  }
}

/// One environment in C's memory: the shared part is not copied.
@safe final class LaidOutEnvironment {
  /// What is different at one place of the shared variables.
  struct Change {
    var place: Int
    /// The index of an own string; nil: the variable is left out.
    var replacement: Int?
  }

  private let shared: SharedEnvironment
  private let changes: [Change]
  private let own: CStringList
  private let firstAdded: Int

  init(_ environment: ProgramEnvironment) {
    shared = environment.shared
    var strings: [String] = []
    var changes: [Change] = []
    for place in environment.changed.keys.sorted() {
      var change = Change(place: place, replacement: nil)
      if case .some(.some(let entry)) = environment.changed[place] {
        change.replacement = strings.count
        strings.append(entry)
      }
      changes.append(change)
    }
    firstAdded = strings.count
    self.changes = changes
    own = CStringList(strings + environment.added)
  }

  /// Calls `body` with a NULL-terminated array, which is valid until the next start.
  func withPointers<Result, Failure: Error>(
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe shared.withPointers(changes, adding: own, from: firstAdded, body)
  }
}

extension String {
  /// Of `NAME=value`; nil: there is no `=`.
  fileprivate var variableName: Substring? {
    utf8.firstIndex(of: UInt8(ascii: "=")).map { self[..<$0] }
  }
}
