internal import CLinux

/// The terminal of an interactive command: termios(3).
package enum Terminal {
  package enum Mode: Sendable {
    /// As it was found.
    case cooked
    /// Key by key and without echo; Ctrl-C is still a signal.
    case keys
    /// By lines and without echo, for passwords.
    case secret

    fileprivate var code: Int32 {
      switch self {
      case .cooked: CLINUX_TERMINAL_COOKED
      case .keys: CLINUX_TERMINAL_KEYS
      case .secret: CLINUX_TERMINAL_SECRET
      }
    }
  }

  /// Whatever ends or stops the process afterwards, the terminal is as it was found again.
  package static func set(_ mode: Mode, _ raw: Int32 = 0) throws(Errno) {
    _ = try checked(clinux_terminal_mode(raw, mode.code))
  }

  /// Its width; 80 where nobody knows.
  package static func columns(_ raw: Int32 = 1) -> Int {
    let columns = clinux_terminal_columns(raw)
    return columns > 0 ? Int(columns) : 80
  }
}

/// Ctrl-C as something to wait for, instead of the end of the process: signalfd(2). A change of the
/// window's size wakes in the same way, so that a line can be drawn anew.
package enum Interrupts {
  /// A descriptor that is readable when one has come; to be kept for the life of the process, since
  /// the signals stay blocked.
  package static func open() throws(Errno) -> Int32 { try checked(clinux_interrupts_open()) }

  /// Takes what has come; whether Ctrl-C was among it.
  package static func isInterrupted(_ raw: Int32) -> Bool {
    var isInterrupted = false
    var sender: Int32 = 0
    while true {
      let number = unsafe clinux_signals_next(raw, &sender)
      if number == 2 { isInterrupted = true }
      if number <= 0 { return isInterrupted }
    }
  }
}
