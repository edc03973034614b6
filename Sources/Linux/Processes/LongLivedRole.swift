/// What all roles have in common that live as long as PID 1 does.
package enum LongLivedRole {
  /// Where PID 1 puts a role's end of the channel between the two.
  package static let channel: Int32 = 3

  /// Takes a name for ps(1), and makes sure that only PID 1 ends the role: it may be needed to the
  /// very end of a shutdown, whose signals go to everybody, and children of its own are reaped.
  package static func begin(_ title: String) {
    ThisProcess.setTitle(title)
    let spared: Set<Int32> = [9, childSignal, 19]
    ignoreSignals((1...31).filter { !spared.contains($0) })
    // After the signals of faults have been ignored as well.
    FaultHandler.report(as: title)
  }

  /// What the role wants to do with its channel; 70, said, where the machine does not let it begin.
  package static func run(_ title: String, _ body: () throws(Errno) -> Void) -> Int32 {
    do {
      try body()
      return 0
    } catch {
      printError("\(title): \(error.message)\n")
      return 70
    }
  }
}
