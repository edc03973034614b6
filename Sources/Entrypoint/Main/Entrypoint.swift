import Command
import Linux
import Probe

/// From the command line to the code to exit with.
func entrypoint(_ arguments: [String]) -> Int32 {
  let words = Array(arguments.dropFirst())
  if let role = Role(arguments) { return role.main(words) }
  switch words.first {
  case "wait": return WaitCommand.run(arguments: Array(words.dropFirst()))
  case "probe": return ProbeCommand.run(arguments: Array(words.dropFirst()))
  default: break
  }
  var run = Run()
  var index = 0
  while index < words.count {
    switch words[index] {
    case "run": break
    case "-c" where index + 1 < words.count:
      index += 1
      run.configurationPath = words[index]
    case "-s" where index + 1 < words.count:
      index += 1
      run.socket = words[index]
    case "--no-hooks": run.skipsSteps = true
    case "--":
      run.command = Array(words[(index + 1)...])
      return run.supervise()
    default:
      run.command = Array(words[index...])
      return run.supervise()
    }
    index += 1
  }
  return run.supervise()
}
