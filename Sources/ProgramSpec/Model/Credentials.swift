/// Who a process is, and what it may become: credentials(7).
package struct Credentials: Sendable, Equatable {
  package var user: UInt32
  package var group: UInt32
  package var supplementaryGroups: [UInt32]
  /// CAP_SETUID and CAP_SETGID of capabilities(7).
  package var mayChangeUser = true
  package var mayChangeGroups = true

  package init(user: UInt32 = 0, group: UInt32 = 0, supplementaryGroups: [UInt32] = []) {
    self.user = user
    self.group = group
    self.supplementaryGroups = supplementaryGroups
  }

  /// Whether a command needs others. To become who we are already takes no right that we may lack;
  /// whoever lacks it keeps the groups he has, unless they are named, as with supervisord.
  package func differ(from wanted: Identity) -> Bool {
    guard wanted.user == user else { return true }
    switch wanted.namedGroups {
    case .none: return mayChangeGroups && wanted.group != group
    case .primary: return wanted.group != group
    case .all: return mayChangeGroups || wanted.group != group || wanted.allGroups != allGroups
    }
  }

  /// Whether the kernel would let us: groups are changed first, for the uid takes the right away.
  package func may(become wanted: Identity) -> Bool {
    mayChangeGroups && (mayChangeUser || wanted.user == user)
  }

  private var allGroups: Set<UInt32> { Set(supplementaryGroups).union([group]) }
}

extension Identity {
  fileprivate var allGroups: Set<UInt32> { Set(supplementaryGroups).union([group]) }
}
