internal import Linux
internal import ProgramSpec
internal import SuperviseCore

/// `entrypoint wait URL…`: until all of them are ready, or the time is over.
package enum WaitCommand {
  package static let help = """
    Usage: entrypoint wait URL... [--timeout 60s] [--interval 1s] [--probe-timeout 3s]
                                  [--quiet] [--json]

    Waits until every server is ready, and says so of each as soon as it is.
    Exit code: 0 all are ready, 69 the time is over (with a line for each that is missing),
    2 the command line is wrong.

    \(probeURLHelp)

    Options:
      --timeout 60s        how long to wait in all; 0 for ever
      --interval 1s        from the start of one try to the next
      --probe-timeout 3s   how long one answer may take
      --quiet              only say what is missing in the end
      --json               one JSON object for each URL: url, passed, words, tries

    Examples:
      entrypoint wait mysql://db redis://cache && php artisan migrate --force
      entrypoint wait postgres://db --timeout 2m
      entrypoint wait "exec:test -s /run/config.json" --interval 200ms

    """

  /// `arguments` are the words after `wait`.
  package static func run(arguments: [String]) -> Int32 {
    do throws(CommandWords.Problem) {
      let words = try CommandWords(
        arguments, flags: ["--quiet", "-q", "--json", "--help", "-h"],
        values: ["--timeout", "--interval", "--probe-timeout"])
      if words.has("--help") || words.has("-h") {
        printOut(help)
        return CommandExit.success
      }
      var waiting = Waiting(urls: try words.urls(), limits: try limits(words))
      guard !waiting.isOver else { throw .init(reason: "write at least one URL") }
      if ThisProcess.isInit { endOnSignals() }
      return wait(&waiting, words)
    } catch {
      printError("entrypoint wait: \(error.reason)\nTry 'entrypoint wait --help'.\n")
      return CommandExit.usage
    }
  }

  private static func limits(_ words: CommandWords) throws(CommandWords.Problem) -> Waiting.Limits {
    let limits = Waiting.Limits(
      timeout: try words.duration("--timeout", default: .seconds(60)),
      interval: try words.duration("--interval", default: .seconds(1)),
      probeTimeout: try words.duration("--probe-timeout", default: .seconds(3)))
    guard limits.probeTimeout > .zero else {
      throw .init(reason: "--probe-timeout must be more than nothing")
    }
    return limits
  }

  private static func wait(_ waiting: inout Waiting, _ words: CommandWords) -> Int32 {
    let isQuiet = words.has("--quiet") || words.has("-q")
    let isJSON = words.has("--json")
    waiting.run(
      probe: { ProbeRole.run(url: $0, timeout: $1) },
      passed: { target in
        if isJSON { writeJSON(target) } else if !isQuiet { printOut("\(target.words)\n") }
      })
    for target in waiting.missing {
      if isJSON { writeJSON(target) } else { printError("\(target.report(waiting.limits))\n") }
    }
    return waiting.isOver ? CommandExit.success : CommandExit.timedOut
  }

  private static func writeJSON(_ target: Waiting.Target) {
    var json = JSONWriter()
    json.beginObject()
    json.field("url", "\(target.url)")
    json.field("passed", target.isReady)
    json.field("words", target.words)
    json.field("tries", target.tries)
    json.endObject()
    json.newline()
    try? writeAll(1, json.bytes)
  }
}
