/// One kind of foreign bytes and the properties that hold for every input.
///
/// libFuzzer runs a target with inputs that it mutates by coverage (`make fuzz`). The unit tests
/// run each target with the committed inputs and with seeded mutations of them.
package struct FuzzTarget: Sendable {
  /// Also the name of the folder of its inputs.
  package let name: String
  private let body: @Sendable ([UInt8]) throws(Violation) -> Void

  init(_ name: String, _ body: @escaping @Sendable ([UInt8]) throws(Violation) -> Void) {
    self.name = name
    self.body = body
  }

  /// Runs the product's code with one input. Throws the first property that does not hold; a trap
  /// ends the process.
  package func run(_ input: [UInt8]) throws(Violation) { try body(input) }

  package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

  package static let all =
    configuration + texts + web + messages + listeners + probes
}

/// A property that does not hold for an input.
package struct Violation: Error, Sendable {
  /// What was expected and what was found.
  package var text: String

  init(_ text: String) { self.text = text }
}

/// Throws unless the property holds.
func require(
  _ holds: Bool, _ text: @autoclosure () -> String
) throws(Violation) {
  guard holds else { throw Violation(text()) }
}

/// Throws unless both values are equal.
func requireEqual<Value: Equatable>(
  _ found: Value, _ expected: Value, _ what: String
) throws(Violation) {
  guard found == expected else {
    throw Violation("\(what): found \(found), expected \(expected)")
  }
}
