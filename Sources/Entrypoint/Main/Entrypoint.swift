import Command
import Linux
import Supervise
import Supervisorctl

/// From the command line to the code to exit with.
func entrypoint(_ arguments: [String]) -> Int32 {
  let words = Array(arguments.dropFirst())
  if let role = Role(arguments) { return role.main(words) }
  if arguments.first?.split(separator: "/").last == "supervisorctl" {
    return Supervisorctl.main(words)
  }
  switch Invocation.parse(words) {
  case .failure(let error):
    printError(error.text)
    return ExitCode.usage
  case .success(let invocation): return perform(invocation)
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
