/// What a name typed at the command line means, as supervisorctl reads it.
package enum NamedTarget: Sendable, Equatable {
  case instance(InstanceID)
  /// `group:*`, `group:` and `all`.
  case group([InstanceID])
  case unknown(isGroup: Bool)
}

extension Plan {
  /// `name`, `group:name`, `group:*` or `all`; the bare name of a program with several processes
  /// means nothing, as in supervisord.
  package func target(named name: String) -> NamedTarget {
    if name == "all" { return .group(groups.flatMap(\.members)) }
    guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      return instance(group: name, name: name)
    }
    let process = String(name[name.utf8.index(after: colon)...])
    let group = String(name[..<colon])
    // `:` is the one process of a `[program:]`, which supervisord takes.
    guard process == "*" || (process.isEmpty && !group.isEmpty) else {
      return instance(group: group, name: process)
    }
    guard let found = groups.first(where: { $0.name == group }) else {
      return .unknown(isGroup: true)
    }
    return .group(found.members)
  }

  private func instance(group: String, name: String) -> NamedTarget {
    let displayName = group == name ? name : "\(group):\(name)"
    guard let found = groups.first(where: { $0.name == group }),
      let member = found.members.first(where: { members[$0.index].displayName == displayName })
    else { return .unknown(isGroup: false) }
    return .instance(member)
  }
}
