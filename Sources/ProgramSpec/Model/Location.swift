/// Where a value was written: every diagnostic, and `entrypoint config`, point at one.
package struct Location: Sendable, Equatable {
  /// The path as it was given or matched by `[include]`.
  package var file: String
  /// Counted from 1.
  package var line: Int
  /// Counted from 1, in bytes.
  package var column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// What stands for a value that nobody wrote.
  package static let nowhere = Location(file: "", line: 0, column: 0)
}
