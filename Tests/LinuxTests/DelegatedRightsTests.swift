import Linux
import Testing

/// What a lease of root leaves to the command of its hook.
@Suite struct DelegatedRightsTests {
  private func recipe(
    _ others: [UInt32], capabilities: UInt64?, directory: String?
  ) -> Launch.Recipe {
    let variables = ["A=1", "@B=2"]
    var recipe = Launch.Recipe(path: "/bin/true", arguments: ["true"], environment: variables)
    recipe.identity = (33, 34, others)
    recipe.capabilities = capabilities
    recipe.directory = directory
    return recipe
  }

  @Test(
    arguments: [
      ([], nil, nil, "33 34 - -"), ([35], 0x400, nil, "33 34 35 400"),
      ([35, 36], 0, "/a b ", "33 34 35,36 0 /a b "),
    ] as [([UInt32], UInt64?, String?, String)])
  func theRightsLeaveTheProcessAndReachTheCommand(
    _ others: [UInt32], _ capabilities: UInt64?, _ directory: String?, _ text: String
  ) throws {
    var process = recipe(others, capabilities: capabilities, directory: directory)
    let taken = DelegatedRights(takingFrom: &process)
    #expect(process.identity == nil && process.capabilities == nil)
    #expect(process.environment.entries == ["@A=1", "@@B=2"])
    #expect(taken?.text == text)
    var command = Launch.Recipe(path: "/bin/true", arguments: ["true"], environment: [])
    try #require(DelegatedRights(text)).give(to: &command)
    #expect(command.identity?.user == 33 && command.identity?.group == 34)
    #expect(command.identity?.others == others)
    #expect(command.capabilities == capabilities && command.directory == directory)
  }

  /// The process is in the directory already when it starts the command.
  @Test func aRelativeDirectoryIsNotEnteredTwice() {
    var process = recipe([], capabilities: nil, directory: "sub")
    let taken = DelegatedRights(takingFrom: &process)
    #expect(taken?.text == "33 34 - - ." && process.directory == "sub")
  }

  @Test func aCommandOfTheSameUserHasNone() {
    var recipe = Launch.Recipe(path: "/bin/true", arguments: ["true"], environment: ["A=1"])
    let taken = DelegatedRights(takingFrom: &recipe)
    #expect(taken == nil)
    #expect(recipe.environment.entries == ["A=1"])
  }

  @Test(arguments: ["", "33", "33 34 -", "a 34 - -", "33 34 x -", "33 34 35,x -", "33 34 - g"])
  func damagedTextIsRefused(_ text: String) { #expect(DelegatedRights(text) == nil) }
}
