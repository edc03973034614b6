/// Environment variables that many programs share, laid out once in C's memory. A launch adds only
/// its own variables: a container with thousands of variables and many programs has one copy. An
/// environment may stand on another one that it shares with others in the same way.
@safe package final class SharedEnvironment {
  private let base: SharedEnvironment?
  /// What is different in the variables of `base`, by their place; nil is removed.
  private let changed: [Int: String?]
  /// Each `NAME=value`, in the order in which they were given.
  private let added: [String]
  private lazy var layer = EnvironmentLayer(changed, added)
  /// Where each name is in `added`, in ascending order. A name may be there more than once.
  private lazy var addedPlaces = SharedEnvironment.places(added)
  /// How many places it has, those of removed variables too.
  private let count: Int
  private let array: EnvironmentArray

  package init(_ entries: [String]) {
    base = nil
    changed = [:]
    added = entries
    count = entries.count
    array = EnvironmentArray()
  }

  /// The variables of `environment`, for others to share.
  package init(_ environment: ProgramEnvironment) {
    let base = environment.shared
    self.base = base
    changed = environment.changed
    added = environment.added
    count = base.count + environment.added.count
    array = base.array
  }

  private static func places(_ entries: [String]) -> [Substring: [Int]] {
    var places: [Substring: [Int]] = [:]
    places.reserveCapacity(entries.count)
    for (place, entry) in entries.enumerated() {
      guard let name = entry.variableName else { continue }
      places[name, default: []].append(place)
    }
    return places
  }

  fileprivate func places(of name: String) -> [Int] {
    let own = addedPlaces[name[...]] ?? []
    guard let base else { return own }
    return base.places(of: name).filter { changed[$0] != .some(nil) }
      + own.map { base.count + $0 }
  }

  /// By their places; nil is removed.
  fileprivate var slots: [String?] {
    guard let base else { return added }
    return base.slots.enumerated().map { place, entry in changed[place] ?? entry } + added
  }

  /// Each `NAME=value`, in the order in which a program gets them.
  var entries: [String] { slots.compactMap { $0 } }

  /// Calls `body` with a NULL-terminated array: these variables, and what `top` changes in them.
  /// The array is valid until the next call.
  fileprivate func withPointers<Result, Failure: Error>(
    _ top: EnvironmentLayer,
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    array.reserve(count + top.addedCount)
    write()
    top.write(to: array, after: count)
    return try unsafe body(array.terminated(count + top.addedCount))
  }

  private func write() {
    base?.write()
    layer.write(to: array, after: base?.count ?? 0)
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
  package var entries: [String] { SharedEnvironment(self).entries }
}

/// One environment in C's memory: the shared part is not copied.
@safe final class LaidOutEnvironment {
  private let shared: SharedEnvironment
  private let layer: EnvironmentLayer

  init(_ environment: ProgramEnvironment) {
    shared = environment.shared
    layer = EnvironmentLayer(environment.changed, environment.added)
  }

  /// Calls `body` with a NULL-terminated array, which is valid until the next start.
  func withPointers<Result, Failure: Error>(
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe shared.withPointers(layer, body)
  }
}

extension String {
  /// Of `NAME=value`; nil: there is no `=`.
  fileprivate var variableName: Substring? {
    utf8.firstIndex(of: UInt8(ascii: "=")).map { self[..<$0] }
  }
}
