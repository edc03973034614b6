internal import HTTP
internal import XMLRPC

/// The page with the end of a process's stdout.
struct TailErrand: ErrandCourse {
  /// Of the page: what is less is more readable, what is more is for `tail`.
  private static let fewest = 1024
  private static let most = 1 << 20
  private let name: String?
  private let limit: Int

  init(_ query: [(name: String, value: String)]) {
    name = query.last { $0.name == "processname" }?.value
    let wanted = query.last { $0.name == "limit" }?.value.utf8.decimalNumber() ?? 0
    limit = max(TailErrand.fewest, min(TailErrand.most, wanted))
  }

  func start() -> Progress {
    guard let name else { return .reply(page("No process name found")) }
    let spec = Namespec(name)
    guard !spec.isGroup, let word = spec.word else { return .reply(page(unexpected(.badName))) }
    return .ask("openlog \(word) stdout")
  }

  func take(_ answer: ControlAnswer) -> Progress {
    if let fault = answer.fault {
      let text = fault.kind == .noFile ? "ERROR: No file for \(name ?? "")" : unexpected(fault.kind)
      return .reply(page(text))
    }
    guard let log = answer.descriptor else { return .reply(page(unexpected(.noFile))) }
    let size = LogText.size(log)
    let bytes = LogText.bytes(log, max(0, size - limit)..<size)
    return .reply(page(String(decoding: bytes, as: UTF8.self)))
  }

  private func unexpected(_ kind: FaultKind) -> String {
    let fault = kind.fault(name)
    return "ERROR: unexpected rpc fault [\(fault.code)] \(fault.text)"
  }

  private func page(_ text: String) -> Reply {
    let shown = name ?? "None"
    let refresh = "tail.html?processname=\(URLText.encode(shown))&amp;limit=\(limit)"
    let links = name == nil ? "" : "<a href=\"\(refresh)\">Refresh</a>"
    return .page(
      "\(shown): tail",
      """
      <header><h1>\(html(shown))</h1>\(links) <a href="index.html">Status</a></header>
      <div class="card"><pre>\(html(text))</pre></div>
      """)
  }
}
