import FuzzTargets
import Glibc
import LibFuzzer

// fuzz TARGET [options of libFuzzer] [folders of inputs]: runs libFuzzer on one target. Without a
// target, the names of all targets.

if selectedTarget == nil {
  print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
  exit(CommandLine.argc == 1 ? 0 : 2)
}

// The name of the target is no option of libFuzzer.
CommandLine.unsafeArgv[1] = CommandLine.unsafeArgv[0]
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(LLVMFuzzerRunDriver(&count, &arguments) { runOneInput($0, $1) })
