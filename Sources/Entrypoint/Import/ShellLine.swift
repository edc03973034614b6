internal import ProgramSpec

/// A line that was meant for a shell, as a command of ours: without a shell where it needs none,
/// else with one that gives its place to the last command.
struct ShellLine {
  /// To be split again; nil where it cannot be written.
  var command: String?
  /// As it is executed.
  var words: [String]
  /// The signals have to reach what the shell has started.
  var needsGroup = false

  /// Throws where a quotation is open.
  init(_ line: String) throws(ValueProblem) {
    words = try ShellWords.split(line)
    if ShellLine.needsShell(line, words) {
      let script = ShellScript(line).replacingItself
      needsGroup = script == nil
      words = ["sh", "-c", script ?? line]
    }
    command = ConfigurationText.command(words)
  }

  private static func needsShell(_ line: String, _ words: [String]) -> Bool {
    guard let first = words.first else { return false }
    return line.utf8.contains { "$`|&;<>()*?[]~{}#!\n".utf8.contains($0) }
      || first.utf8.contains(UInt8(ascii: "="))
      || ["cd", "exec", "export", "source", ".", "eval", "set", "ulimit"].contains(first)
  }
}
