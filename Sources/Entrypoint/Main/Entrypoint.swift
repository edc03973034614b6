import Command
import Linux
import Supervise
import Supervisorctl
import Supervisord

/// From the command line to the code to exit with.
func entrypoint(_ arguments: [String]) -> Int32 {
  let words = Array(arguments.dropFirst())
  if let role = Role(arguments) { return role.main(words) }
  if let code = otherName(arguments.first ?? "", words) { return code }
  switch Invocation.parse(words) {
  case .failure(let error):
    printError(error.text)
    return ExitCode.usage
  case .success(let invocation): return perform(invocation)
  }
}

/// A link to the binary is what it is called; nil for our own name and any other.
private func otherName(_ path: String, _ words: [String]) -> Int32? {
  switch path.split(separator: "/").last {
  case "supervisorctl": return Supervisorctl.main(words)
  case "supervisord": return SupervisordProgram.main(words)
  case "echo_supervisord_conf":
    printOut(SampleConfiguration.text)
    return ExitCode.success
  case "pidproxy": return PidProxy.main(words)
  default: return nil
  }
}

private func perform(_ invocation: Invocation) -> Int32 {
  switch invocation.action {
  case .run(let command): return Run(invocation, command).supervise()
  case .command(let verb, let arguments):
    return Command.perform(verb, arguments, CommandContext(invocation))
  case .help(let word):
    printOut(Help.text(word))
    return ExitCode.success
  case .ownVersion:
    printOut("\(Supervise.version)\n")
    return ExitCode.success
  }
}
