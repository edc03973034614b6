internal import SafeText

/// The owner and mode of a file, as far as they decide who may change it.
package struct FileFacts: Sendable, Equatable {
  package var user: UInt32
  package var group: UInt32
  /// The twelve permission bits.
  package var mode: UInt32

  package init(user: UInt32, group: UInt32, mode: UInt32) {
    self.user = user
    self.group = group
    self.mode = mode
  }

  /// Its owner may change the mode.
  func mayBeChanged(by identity: Identity) -> Bool {
    if user == identity.user || mode & 0o002 != 0 { return true }
    let groups = identity.supplementaryGroups + [identity.group]
    return mode & 0o020 != 0 && groups.contains(group)
  }

  var isSticky: Bool { mode & 0o1000 != 0 }
}

extension Surroundings {
  /// The first component of an absolute path with which this user decides what the path means: a
  /// directory in which the next name may be replaced, or the file itself. nil: none.
  func component(of path: String, changeableBy identity: Identity) -> String? {
    let names = path.fields(separatedBy: "/")
    for count in 0...names.count {
      let component = "/" + names.prefix(count).joined(separator: "/")
      guard let facts = fileFacts(component) else { return nil }
      guard facts.mayBeChanged(by: identity) else { continue }
      // In a sticky directory of another owner only the owner of a name replaces it.
      let isProtected = count < names.count && facts.isSticky && facts.user != identity.user
      if !isProtected { return component }
    }
    return nil
  }
}
