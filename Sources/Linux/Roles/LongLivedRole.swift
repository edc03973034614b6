/// What all roles have in common that live as long as PID 1 does.
package enum LongLivedRole {
  /// Where PID 1 puts a role's end of the channel between the two.
  package static let channel: Int32 = 3

  /// Takes a name for ps(1), and makes sure that only PID 1 ends the role: it may be needed to the
  /// very end of a shutdown, whose signals go to everybody, and children of its own are reaped.
  package static func begin(_ title: String, as role: RoleName) {
    ThisProcess.setTitle(title)
    let spared: Set<Int32> = [9, childSignal, 19]
    ignoreSignals((1...31).filter { !spared.contains($0) })
    // After the signals of faults have been ignored as well.
    FaultHandler.report(as: title)
    role.confine()
  }

  /// A record of PID 1's that every role answers with the same record, once it has read everything
  /// before it: a role that does not is replaced. No message of a role begins with this byte.
  package static let request: [UInt8] = [0xFF]

  /// True: the record was that request, and it has been answered. An answer for which the channel
  /// has no room is left out; PID 1 then sees the records that fill the channel.
  package static func answers(_ record: ArraySlice<UInt8>, on channel: Int32) -> Bool {
    guard record.elementsEqual(request) else { return false }
    try? sendMessage(channel, request)
    return true
  }

  /// What the role wants to do with its channel; 70, said, where the machine does not let it begin.
  package static func run(_ title: String, _ body: () throws(Errno) -> Void) -> Int32 {
    do {
      try body()
      return 0
    } catch {
      printErrorLine("\(title): \(error.message)")
      return 70
    }
  }
}
