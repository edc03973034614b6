extension Signal: CustomStringConvertible {
  /// Linux's numbers on the processors we build for. Synonyms come after the usual name.
  private static let table: [(name: String, number: Int32)] = [
    ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("IOT", 6),
    ("BUS", 7), ("FPE", 8), ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13),
    ("ALRM", 14), ("TERM", 15), ("STKFLT", 16), ("CHLD", 17), ("CLD", 17), ("CONT", 18),
    ("STOP", 19), ("TSTP", 20), ("TTIN", 21), ("TTOU", 22), ("URG", 23), ("XCPU", 24),
    ("XFSZ", 25), ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29), ("POLL", 29),
    ("PWR", 30), ("SYS", 31), ("RTMIN", 34), ("RTMAX", 64),
  ]

  /// `TERM`; `RTMIN+3` for those without a name of their own.
  package var name: String {
    if let row = Signal.table.first(where: { $0.number == number }) { return row.name }
    return (35...63).contains(number) ? "RTMIN+\(number - 34)" : "\(number)"
  }

  package var description: String { "SIG\(name)" }

  /// A number, or a name with or without `SIG`, in any case; `RTMIN+3` and `RTMAX-2` too.
  package static func parse(_ text: String) throws(ValueProblem) -> Signal {
    let word = text.trimmed.uppercased()
    if let whole = try? Scalar.integer(word) {
      guard let number = Int32(exactly: whole),
        (0...31).contains(number) || (34...64).contains(number)
      else {
        throw ValueProblem("value \(text.quoted) is not a valid signal number")
      }
      return Signal(number: number)
    }
    let name = word.hasPrefix("SIG") ? String(word.dropFirst(3)) : word
    if let row = table.first(where: { $0.name == name }) { return Signal(number: row.number) }
    if let number = realTime(name) { return Signal(number: number) }
    throw ValueProblem("value \(text.quoted) is not a valid signal name; write one like TERM")
  }

  private static func realTime(_ name: String) -> Int32? {
    for (base, sign, first) in [("RTMIN+", Int32(1), Int32(34)), ("RTMAX-", -1, 64)]
    where name.hasPrefix(base) {
      guard let offset = Int32(name.dropFirst(base.count)), (0...30).contains(offset) else {
        return nil
      }
      return first + sign * offset
    }
    return nil
  }
}
