/// One method of the interface, as `system.methodSignature` and `system.methodHelp` show it.
struct Method: Sendable {
  let name: String
  let returns: String
  let parameters: [String]
  /// Those at the end that may be left out.
  let optionalCount: Int
  let help: String

  init(_ name: String, _ signature: String, optional: Int = 0, _ help: String) {
    self.name = name
    let types = signature.split(separator: " ").map(String.init)
    returns = types.first ?? ""
    parameters = Array(types.dropFirst())
    optionalCount = optional
    self.help = help
  }

  func takes(_ count: Int) -> Bool {
    (parameters.count - optionalCount...parameters.count).contains(count)
  }

  /// Whether it changes something, or has an effect on a program.
  var isChange: Bool {
    !["system.", "supervisor.get", "supervisor.read", "supervisor.tail"].contains {
      name.hasPrefix($0)
    }
  }

  static func named(_ name: String) -> Method? { all.first { $0.name == name } }
}
