internal import ControlProtocol
internal import HTTP

/// The status page: all processes, and what can be done with each.
struct PageErrand: ErrandCourse {
  let site: Site
  let message: String
  /// Of `health`, which comes first.
  private var health: JSONValue?

  init(site: Site, message: String) {
    self.site = site
    self.message = message
  }

  func start() -> Progress { .ask("health") }

  mutating func take(_ answer: ControlAnswer) -> Progress {
    guard health != nil else {
      health = (answer.fault == nil ? answer.lines.first : nil) ?? .null
      return .ask("info")
    }
    if let fault = answer.fault {
      let status: HTTPStatus = fault.kind == .shutdownState ? .unavailable : .internalError
      return .reply(.refusal(status))
    }
    return .reply(.page("\(site.identifier): status", page(answer.lines)))
  }

  private func page(_ processes: [JSONValue]) -> String {
    let rows = processes.map { row(ProcessRow($0, health: wellness)) }.joined(separator: "\n")
    let shown = message.isEmpty ? "" : "<p id=\"statusmessage\">\(html(message))</p>"
    let table = """
      <div class="card"><table>
      <thead><tr><th class="state">State</th><th class="desc">Description</th>\
      <th class="name">Name</th><th class="action">Action</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table></div>
      """
    return """
      <header id="header"><h1>\(html(site.identifier))</h1>\(wholeHealth)
      <form id="buttons" action="index.html" method="post">\(tokenField)\
      \(button("refresh", "Refresh"))\(button("restartall", "Restart All"))\
      \(button("stopall", "Stop All"))</form></header>
      \(shown)
      \(processes.isEmpty ? "<p class=\"card\"><em>No programs to manage</em></p>" : table)
      <footer>entrypoint, as supervisor \(html(site.version))</footer>
      """
  }

  /// As `/healthz` and `/readyz` say it.
  private var wholeHealth: String {
    ["healthy", "ready"].map { word in
      switch health?[word] {
      case .bool(true): "<span class=\"status statusrunning\"><span>\(word)</span></span>"
      case .bool(false): "<span class=\"status statuserror\"><span>not \(word)</span></span>"
      default: ""
      }
    }.joined()
  }

  /// What is wrong with those that run, by name.
  private var wellness: [String: String] {
    (health?["units"]?.elements ?? []).reduce(into: [:]) { found, unit in
      guard unit["healthy"] == .bool(false), let name = unit["name"]?.text else { return }
      found[name] = unit["ready"]?.isTrue == true ? "unhealthy" : "not ready"
    }
  }

  private var tokenField: String {
    "<input type=\"hidden\" name=\"token\" value=\"\(site.token)\">"
  }

  private func button(_ action: String, _ label: String) -> String {
    "<button name=\"action\" value=\"\(action)\">\(label)</button>"
  }

  private func row(_ process: ProcessRow) -> String {
    let name = URLText.encode(process.name)
    let buttons = process.actions.map { button($0.action, $0.label) }.joined()
    return """
      <tr><td class="status"><span class="\(process.style)">\(html(process.shownState))</span></td>\
      <td class="desc">\(html(process.description))</td>\
      <td class="name"><a href="tail.html?processname=\(name)">\(html(process.name))</a></td>\
      <td class="action"><form action="index.html" method="post">\(tokenField)\
      <input type="hidden" name="processname" value="\(html(process.name))">\(buttons)</form>\
      <a href="logtail/\(name)">Tail -f Stdout</a>\
      <a href="logtail/\(name)/stderr">Tail -f Stderr</a></td></tr>
      """
  }
}

/// One process as the page shows it.
private struct ProcessRow {
  /// `cat`, or `group:cat`.
  let name: String
  /// In lower case.
  let state: String
  let description: String
  /// What is wrong with it while it runs.
  private let ailment: String?

  init(_ line: JSONValue, health: [String: String]) {
    let process = line["name"]?.text ?? ""
    let group = line["group"]?.text ?? ""
    name = process == group ? process : "\(group):\(process)"
    let word = line["statename"]?.text ?? ""
    state = String(decoding: word.utf8.map(\.lowercasedASCII), as: UTF8.self)
    description = line["description"]?.text ?? ""
    ailment = state == "running" ? health[name] : nil
  }

  var shownState: String { ailment.map { "\(state), \($0)" } ?? state }

  var style: String {
    switch state {
    case "running": ailment == nil ? "statusrunning" : "statuserror"
    case "fatal", "backoff": "statuserror"
    default: "statusnominal"
    }
  }

  var actions: [(action: String, label: String)] {
    let clear = ("clearlog", "Clear Log")
    switch state {
    case "running": return [("restart", "Restart"), ("stop", "Stop"), clear]
    case "stopped", "exited", "fatal": return [("start", "Start"), clear]
    default: return [clear]
    }
  }
}
