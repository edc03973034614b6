internal import SafeText

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

/// One word, for the command line of another process.
extension Credentials {
  /// The uid, the gid, 1 or 0 for each of the two capabilities, and the supplementary groups, with
  /// colons between them.
  package var word: String {
    let numbers = [user, group, mayChangeUser ? 1 : 0, mayChangeGroups ? 1 : 0]
    return (numbers + supplementaryGroups).map { "\($0)" }.joined(separator: ":")
  }

  /// nil for what is not such a word.
  package init?(word: String) {
    let fields = word.fields(separatedBy: ":", omittingEmpty: false)
    let numbers = fields.compactMap { UInt32($0) }
    guard numbers.count == fields.count, numbers.count >= 4 else { return nil }
    self.init(
      user: numbers[0], group: numbers[1], supplementaryGroups: Array(numbers.dropFirst(4)))
    (mayChangeUser, mayChangeGroups) = (numbers[2] == 1, numbers[3] == 1)
  }
}

extension Identity {
  fileprivate var allGroups: Set<UInt32> { Set(supplementaryGroups).union([group]) }
}
