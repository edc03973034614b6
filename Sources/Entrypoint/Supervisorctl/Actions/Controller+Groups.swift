internal import XMLRPC

/// `reread`, `update`, `add`, `remove`: groups that come and go with the configuration.
extension Controller {
  private struct Changes {
    var added: [String]
    var changed: [String]
    var removed: [String]

    init(_ value: XMLRPCValue) throws(CallProblem) {
      guard let lists = value.elements?.first?.elements, lists.count == 3,
        let added = lists[0].elements, let changed = lists[1].elements,
        let removed = lists[2].elements
      else { throw .unexpected }
      self.added = added.compactMap(\.text)
      self.changed = changed.compactMap(\.text)
      self.removed = removed.compactMap(\.text)
    }

    /// By name, whatever happens to them.
    var lines: [String] {
      let all =
        added.map { ($0, "available") } + changed.map { ($0, "changed") }
        + removed.map { ($0, "disappeared") }
      return all.sorted { $0 < $1 }.map { "\($0.0): \($0.1)" }
    }
  }

  mutating func reread(_ rest: String) throws(CallProblem) {
    guard refuseArguments(.reread, rest) else { return }
    do {
      let lines = try Changes(try connection.call("reloadConfig")).lines
      say(lines.isEmpty ? "No config updates to processes" : lines.joined(separator: "\n"))
    } catch {
      guard case .fault(let fault) = error else { throw error }
      switch fault.code {
      case FaultCode.shutdownState: fail("ERROR: supervisor shutting down")
      case FaultCode.cannotReread: fail("ERROR: \(fault.text)")
      default: throw error
      }
    }
  }

  mutating func update(_ rest: String) throws(CallProblem) {
    let changes: Changes
    do { changes = try Changes(try connection.call("reloadConfig")) } catch {
      guard error.faultCode == FaultCode.shutdownState else { throw error }
      return fail("ERROR: already shutting down")
    }
    var names = rest.words
    if names.contains("all") { names = [] }
    if !names.isEmpty { try complainAboutUnknown(names, changes) }
    let isMeant: (String) -> Bool = { names.isEmpty || names.contains($0) }
    for group in changes.removed where isMeant(group) { try replace(group, gone: true) }
    for group in changes.changed where isMeant(group) { try replace(group, gone: false) }
    for group in changes.added where isMeant(group) {
      _ = try connection.call("addProcessGroup", about: group)
      say("\(group): added process group")
    }
  }

  private mutating func complainAboutUnknown(
    _ names: [String], _ changes: Changes
  ) throws(CallProblem) {
    let known = Set(try connection.processes().map(\.group) + changes.added)
    var said: Set<String> = []
    for name in names where !known.contains(name) && said.insert(name).inserted {
      fail("ERROR: no such group: \(name)")
    }
  }

  private mutating func replace(_ group: String, gone: Bool) throws(CallProblem) {
    let results = try Self.results(in: try connection.call("stopProcessGroup", about: group))
    say("\(group): stopped")
    if gone, results.contains(where: { $0.status == FaultCode.failed }) {
      return fail("\(group): has problems; not removing")
    }
    _ = try connection.call("removeProcessGroup", about: group)
    guard !gone else { return say("\(group): removed process group") }
    _ = try connection.call("addProcessGroup", about: group)
    say("\(group): updated process group")
  }

  mutating func add(_ rest: String) throws(CallProblem) {
    _ = try connection.place()
    for name in rest.words {
      do {
        _ = try connection.call("addProcessGroup", about: name)
        say("\(name): added process group")
      } catch {
        switch error.faultCode {
        case FaultCode.shutdownState: fail("ERROR: shutting down")
        case FaultCode.alreadyAdded: say("ERROR: process group already active")
        case FaultCode.badName: fail("ERROR: no such process/group: \(name)")
        default: throw error
        }
      }
    }
  }

  mutating func remove(_ rest: String) throws(CallProblem) {
    _ = try connection.place()
    for name in rest.words {
      do {
        _ = try connection.call("removeProcessGroup", about: name)
        say("\(name): removed process group")
      } catch {
        switch error.faultCode {
        case FaultCode.stillRunning: fail("ERROR: process/group still running: \(name)")
        case FaultCode.badName: fail("ERROR: no such process/group: \(name)")
        default: throw error
        }
      }
    }
  }
}
