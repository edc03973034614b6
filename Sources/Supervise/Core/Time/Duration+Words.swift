extension Duration {
  /// As short as it can be read: `60s`, `1.5s`, `250ms`.
  package var inWords: String {
    let milliseconds = wholeNanoseconds / 1_000_000
    guard milliseconds >= 1000 || milliseconds == 0 else { return "\(milliseconds)ms" }
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    guard rest > 0 else { return "\(seconds)s" }
    let tenth = rest / 100
    return tenth > 0 ? "\(seconds).\(tenth)s" : "\(seconds)s"
  }
}
