/// The uids or gids of a user namespace: /proc/self/uid_map and /proc/self/gid_map, lines of
/// "first inside, first outside, count" (user_namespaces(7)).
package struct IdentifierMap: Sendable, Equatable {
  private var ranges: [[UInt64]]

  /// Lines that are not of this form are left out.
  package init(_ text: String) {
    ranges = text.split(separator: "\n").map { line in
      line.split(separator: " ").compactMap { UInt64($0) }
    }.filter { $0.count == 3 }
  }

  private init(path: String) throws(Errno) {
    self.init(String(decoding: try readFile(path, limit: 64 << 10), as: UTF8.self))
  }

  /// Of this process. nil: /proc is not mounted.
  package static var users: IdentifierMap? { try? .init(path: "/proc/self/uid_map") }
  package static var groups: IdentifierMap? { try? .init(path: "/proc/self/gid_map") }

  /// Whether one range contains all ids from first to last.
  package func includes(_ first: UInt32, through last: UInt32) -> Bool {
    ranges.contains { range in
      range[0] <= UInt64(first) && UInt64(last) < range[0] + range[2]
    }
  }

  /// Whether the numbers are those of the machine: the namespace is the first one.
  package var isOfFirstNamespace: Bool { ranges == [[0, 0, UInt64(UInt32.max)]] }
}
