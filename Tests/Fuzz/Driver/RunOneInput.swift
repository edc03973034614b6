import FuzzTargets
import Glibc

/// The target that the first argument names; nil where there is none of that name.
let selectedTarget = CommandLine.arguments.dropFirst().first.flatMap(FuzzTarget.named)

/// Runs the target with one input, as libFuzzer requires: a C function without a context. An input
/// that violates a property ends the process, so that libFuzzer saves the input.
func runOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: data, count: count))
  guard let selectedTarget else { return -1 }
  do throws(Violation) { try selectedTarget.run(input) } catch {
    print("\(selectedTarget.name): \(error.text)")
    fflush(nil)
    abort()
  }
  return 0
}
