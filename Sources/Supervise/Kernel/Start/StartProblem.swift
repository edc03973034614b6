internal import Linux

/// What keeps us from starting.
struct StartProblem: Error, Equatable {
  var message: String
  /// To exit with: 2 for what a change of the configuration mends, 70 for what it cannot.
  var code: Int32 = 2

  /// As supervisord says it: its users grep for `Error:`.
  func text(_ boot: Boot) -> String {
    guard boot.isSupervisord else { return "entrypoint: \(message)\n" }
    let name = ThisProcess.arguments.first ?? "supervisord"
    return "Error: \(message)\nFor help, use \(name) -h\n"
  }

  /// What the machine refuses.
  static func trying<Value: ~Copyable>(
    _ body: () throws(Errno) -> Value
  ) throws(StartProblem) -> Value {
    do { return try body() } catch {
      throw StartProblem(message: "cannot start: \(error.message)", code: 70)
    }
  }
}
