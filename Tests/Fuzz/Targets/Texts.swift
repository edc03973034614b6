import Glibc
import ProgramSpec
import Step

@testable import ProgramSpec

/// Small languages: environment files, templates, schedules, time zones.
extension FuzzTarget {
  static let texts = [
    FuzzTarget("dotenv") { (input) throws(Violation) in try DotenvProperties.check(input) },
    FuzzTarget("template") { (input) throws(Violation) in try TemplateProperties.check(input) },
    FuzzTarget("cron") { (input) throws(Violation) in try ScheduleProperties.check(input) },
    FuzzTarget("zone") { (input) throws(Violation) in try ZoneProperties.check(input) },
  ]
}

/// Environment files.
enum DotenvProperties {
  private static let scope = ExpansionScope(environment: ["HOME": "/root", "A": "x y", "EMPTY": ""])

  static func check(_ input: [UInt8]) throws(Violation) {
    let outcome = DotenvParser.parse(input, scope)
    let (variables, problems) = (outcome.variables, outcome.problems)
    let sum = variables.reduce(0) { $0 + $1.value.utf8.count }
    try require(sum <= DotenvParser.longestSum, "\(sum) bytes of values")
    try require(problems.count <= DotenvParser.mostProblems + 1, "\(problems.count) problems")
    let lines = input.count { $0 == 10 } + 1
    for problem in problems {
      try require(
        (1...lines).contains(problem.line) && (1...(input.count + 1)).contains(problem.column)
          && !problem.reason.isEmpty, "place \(problem.line):\(problem.column)")
    }
    for variable in variables {
      try require(
        !variable.name.isEmpty && !variable.name.utf8.contains(UInt8(ascii: "=")),
        "name \(variable.name)")
      try require(!variable.value.utf8.contains(0), "NUL in the value of \(variable.name)")
    }
    try checkQuoted(variables)
  }

  /// A file that quotes the values yields the same variables.
  private static func checkQuoted(_ variables: [Variable]) throws(Violation) {
    var file: [UInt8] = []
    for variable in variables {
      file += Array("\(variable.name)=\"".utf8)
      for byte in variable.value.utf8 {
        switch byte {
        case 10: file += Array("\\n".utf8)
        case 13: file += Array("\\r".utf8)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "$"):
          file += [UInt8(ascii: "\\"), byte]
        default: file.append(byte)
        }
      }
      file += Array("\"\n".utf8)
    }
    let outcome = DotenvParser.parse(file, scope)
    let (again, problems) = (outcome.variables, outcome.problems)
    try requireEqual(problems, [], "problems of the quoted file")
    try requireEqual(again, variables, "variables of the quoted file")
  }
}

/// Templates.
enum TemplateProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let result: [UInt8]
    do throws(TemplateText.Problem) { result = try TemplateText.expand(input, variable) } catch {
      let lines = input.count { $0 == 10 } + 1
      try require(
        (1...lines).contains(error.line) && (1...(input.count + 1)).contains(error.column),
        "place \(error.line):\(error.column): \(error.message)")
      return try checkEscaped(input)
    }
    try require(result.count <= 8 * input.count, "\(result.count) bytes")
    try checkEscaped(input)
  }

  private static func variable(_ name: String) -> String? {
    ["A": "value", "B": "${A}", "EMPTY": ""][name]
  }

  /// A text whose references are all escaped stands for itself.
  private static func checkEscaped(_ input: [UInt8]) throws(Violation) {
    var escaped: [UInt8] = []
    for index in input.indices {
      if input[index...].starts(with: "${".utf8) { escaped.append(UInt8(ascii: "$")) }
      escaped.append(input[index])
    }
    let found = try? TemplateText.expand(escaped, variable)
    try requireEqual(found, input, "the escaped text")
  }
}
