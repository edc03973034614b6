internal import CLinux

/// What a role keeps of the supervisor's rights; everything else is given up for good.
package struct ReducedRights: Sendable, Equatable {
  /// The uid, which is also the gid; nil: the user and the groups stay.
  package var user: UInt32?
  /// Besides the user's own group; nil: the process has no other.
  package var group: UInt32?
  package var capabilities: CapabilitySet

  package init(user: UInt32?, group: UInt32? = nil, capabilities: CapabilitySet) {
    self.user = user
    self.group = group
    self.capabilities = capabilities
  }

  /// No capability, and the user that the process has.
  package static let none = ReducedRights(user: nil, capabilities: [])

  var record: clinux_role {
    clinux_role(
      has_user: user == nil ? 0 : 1, has_group: group == nil ? 0 : 1, user: user ?? 0,
      group: group ?? 0, capabilities: capabilities.rawValue)
  }
}

/// Capabilities that a role may need, by their numbers in capabilities(7).
package struct CapabilitySet: OptionSet, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let chown = CapabilitySet(rawValue: 1 << 0)
  package static let overrideAccess = CapabilitySet(rawValue: 1 << 1)
  package static let overrideReading = CapabilitySet(rawValue: 1 << 2)
  package static let owner = CapabilitySet(rawValue: 1 << 3)
  package static let keepSetID = CapabilitySet(rawValue: 1 << 4)
  package static let setGroup = CapabilitySet(rawValue: 1 << 6)
  package static let setUser = CapabilitySet(rawValue: 1 << 7)
}

extension ThisProcess {
  /// Gives up all other rights for good: uid, groups, capabilities, and with PR_SET_NO_NEW_PRIVS
  /// what an execve(2) could add. Throws the first refusal of the kernel: EPERM without CAP_SETUID
  /// or CAP_SETGID, EINVAL in a user namespace that does not map the uid. What was not refused is
  /// given up nevertheless.
  package static func reduceRights(to rights: ReducedRights) throws(Errno) {
    var record = rights.record
    _ = try checked(unsafe clinux_reduce_rights(&record))
  }
}
