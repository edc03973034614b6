internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// `entrypoint probe URL`: one check, by hand or as a container's HEALTHCHECK.
package enum ProbeCommand {
  package static let help = """
    Usage: entrypoint probe URL [--timeout 3s] [--json]

    Asks a server once whether it is ready, in its own protocol, and says what it found.
    Exit code: 0 it is ready, 1 it is not, 2 the command line is wrong.

    \(probeURLHelp)

    Options:
      --timeout 3s   how long the answer may take (500ms, 3s, 1m)
      --json         one JSON object: url, passed, words

    Examples:
      entrypoint probe mysql://db                  greeted, MariaDB 10.11.6
      entrypoint probe fcgi://127.0.0.1:9000/ping  PHP-FPM's ping.path, through a worker
      HEALTHCHECK CMD ["entrypoint", "probe", "http://127.0.0.1/health"]

    """

  /// `arguments` are the words after `probe`.
  package static func run(arguments: [String]) -> Int32 {
    do throws(CommandWords.Problem) {
      let words = try CommandWords(
        arguments, flags: ["--json", "--help", "-h"], values: ["--timeout"])
      if words.has("--help") || words.has("-h") {
        printOut(help)
        return CommandExit.success
      }
      let timeout = try words.duration("--timeout", default: .seconds(3))
      guard timeout > .zero else { throw .init(reason: "--timeout must be more than nothing") }
      let urls = try words.urls()
      guard let url = urls.first, urls.count == 1 else { throw .init(reason: "write one URL") }
      if ThisProcess.isInit { endOnSignals() }
      return probe(url, timeout, asJSON: words.has("--json"))
    } catch {
      printError("entrypoint probe: \(error.reason)\nTry 'entrypoint probe --help'.\n")
      return CommandExit.usage
    }
  }

  private static func probe(_ url: ProbeURL, _ timeout: Duration, asJSON: Bool) -> Int32 {
    let verdict = ProbeRole.run(url: url, timeout: timeout)
    if asJSON {
      var json = JSONWriter()
      json.beginObject()
      json.field("url", "\(url)")
      json.field("passed", verdict.isPassed)
      json.field("words", verdict.line)
      json.endObject()
      json.newline()
      try? writeAll(1, json.bytes)
    } else {
      printOut(verdict.line + "\n")
    }
    return verdict.isPassed ? CommandExit.success : CommandExit.failed
  }
}

let probeURLHelp = """
  A URL is one of
    tcp://host:port             somebody accepts connections
    unix:///path                the same, on a unix socket
    mysql://host[:port]         MySQL or MariaDB greets (also mariadb://)
    postgres://host[:port]      PostgreSQL takes logins (also postgresql://, pgsql://)
    redis://[:password@]host    Redis answers PING and is not loading
    http://host[:port]/path     answers with 2xx or 3xx
    fcgi://host:port/path       PHP-FPM's ping.path; or fcgi:///socket#/path
    file:///path                the file exists
    exec:command line           the command exits with 0
  Databases need no user and no password here. Quote a URL that holds blanks.
  """
