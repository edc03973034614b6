/// /etc/passwd and /etc/group, read by ourselves: a static C library has no name service, and an
/// image may have neither file.
package struct Accounts: Sendable {
  package struct User: Sendable, Equatable {
    package var name: String
    package var user: UInt32
    package var group: UInt32
    package var home: String
    package var shell: String
  }

  package struct Group: Sendable, Equatable {
    package var name: String
    package var group: UInt32
    package var members: [String]
  }

  package private(set) var users: [User] = []
  package private(set) var groups: [Group] = []

  /// Lines that are not of the form passwd(5) or group(5) say are passed over.
  package init(passwd: [UInt8], group: [UInt8]) {
    users = Accounts.lines(passwd).compactMap(User.init)
    groups = Accounts.lines(group).compactMap(Group.init)
  }

  /// What is on disk now; a missing file is an empty one.
  package static func read() -> Accounts {
    Accounts(
      passwd: (try? readFile("/etc/passwd")) ?? [], group: (try? readFile("/etc/group")) ?? [])
  }

  package func user(named name: String) -> User? { users.first { $0.name == name } }
  package func user(numbered number: UInt32) -> User? { users.first { $0.user == number } }
  package func group(named name: String) -> Group? { groups.first { $0.name == name } }

  package func group(numbered number: UInt32) -> Group? { groups.first { $0.group == number } }

  /// The primary group first, then every group that lists the user: initgroups(3).
  package func groups(of user: User) -> [UInt32] {
    var found = [user.group]
    for group in groups where group.members.contains(user.name) && !found.contains(group.group) {
      found.append(group.group)
    }
    return found
  }

  private static func lines(_ bytes: [UInt8]) -> [[String]] {
    bytes.split(separator: UInt8(ascii: "\n")).map { line in
      line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }
}

extension Accounts.User {
  fileprivate init?(_ fields: [String]) {
    guard fields.count >= 7, let user = UInt32(fields[2]), let group = UInt32(fields[3]) else {
      return nil
    }
    self.init(name: fields[0], user: user, group: group, home: fields[5], shell: fields[6])
  }
}

extension Accounts.Group {
  fileprivate init?(_ fields: [String]) {
    guard fields.count >= 4, let group = UInt32(fields[2]) else { return nil }
    self.init(
      name: fields[0], group: group, members: fields[3].split(separator: ",").map(String.init))
  }
}
