/// A whole configuration, resolved: every value checked, every `%(x)s` replaced, every preset
/// applied.
///
/// It is what the parser promises to everybody else; nothing behind it looks at text again.
package struct Configuration: Sendable, Equatable {
  /// `[supervisord]`.
  package var supervisor = Supervisor()
  /// Every enabled `[kind:name]` section, in the order of the file.
  package var units: [Unit] = []
  /// `[group:x]` sections; a program in none of them is a group of its own and not listed here.
  package var groups: [Group] = []
  /// `[unix_http_server…]` and `[inet_http_server…]`, in the order of the file.
  package var servers: [HTTPServer] = []
  /// `[supervisorctl]`.
  package var client = ControlClient()

  package init() {}
}

/// `[group:x]`: programs under one name.
package struct Group: Sendable, Equatable {
  package var name: String
  package var priority = 999
  /// Names of `[program:x]` and `[fcgi-program:x]` sections, in the order given.
  package var programs: [String] = []
  package var location = Location.nowhere

  package init(name: String) { self.name = name }
}

/// `[supervisorctl]`: how the client finds and greets the server.
package struct ControlClient: Sendable, Equatable {
  /// Whether the section is there at all: supervisorctl insists on it when it is given a file.
  package var isConfigured = false
  package var serverURL = "http://localhost:9001"
  package var username: String?
  package var password: String?
  package var prompt = "supervisor"
  package var historyFile: String?

  package init() {}
}
