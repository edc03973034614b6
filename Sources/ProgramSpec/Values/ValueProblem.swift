/// What is wrong with a value, and what to write instead; where it stands is added by the reader.
package struct ValueProblem: Error, Sendable, Equatable {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
}
