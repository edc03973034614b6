internal import SafeText

/// Values with a grammar of their own.
package enum Composite {
  /// `0..255`, comma-separated; nothing at all is the empty list.
  package static func exitCodes(_ text: String) throws(ValueProblem) -> [Int32] {
    var codes: [Int32] = []
    for item in Scalar.list(text) {
      guard let code = try? bounded(item, 0...255) else {
        throw ValueProblem(
          "not a valid list of exit codes: \(text.quoted); write numbers from 0 to 255")
      }
      codes.append(code)
    }
    return codes
  }

  package static func automaticRestart(
    _ text: String
  ) throws(ValueProblem) -> RestartPolicy.Automatic {
    if text.lowercased() == "unexpected" { return .unexpected }
    guard let always = try? Scalar.bool(text) else {
      throw ValueProblem(
        "invalid 'autorestart' value \(text.quoted); write true, false or unexpected")
    }
    return always ? .always : .never
  }

  /// `TERM`, or `TERM:30s,QUIT:5s,KILL`; a step without a time of its own waits `stopwaitsecs`.
  package static func stopSteps(
    _ text: String, wait: Duration
  ) throws(ValueProblem) -> [StopStep] {
    var steps: [StopStep] = []
    for item in Scalar.list(text) {
      let parts = item.fields(separatedBy: ":", maxSplits: 1).map(String.init)
      let signal = try Signal.parse(parts[0])
      steps.append(
        StopStep(signal: signal, wait: parts.count == 2 ? try Scalar.duration(parts[1]) : wait))
    }
    guard !steps.isEmpty else { throw ValueProblem("there is no signal; write one like TERM") }
    return steps
  }

  /// `5/60s`.
  package static func restartLimit(_ text: String) throws(ValueProblem) -> RestartLimit {
    let parts = text.fields(separatedBy: "/").map(String.init)
    guard parts.count == 2, let count = Int(parts[0].trimmed), count > 0 else {
      throw ValueProblem("not a valid limit: \(text.quoted); write one like 5/60s")
    }
    return RestartLimit(count: count, window: try Scalar.duration(parts[1]))
  }

  package static func retries(_ text: String) throws(ValueProblem) -> Int? {
    if text.lowercased() == "unlimited" { return nil }
    guard let count = try? Scalar.integer(text) else {
      throw ValueProblem(
        "invalid literal for int() with base 10: \(text.quoted); write a number or unlimited")
    }
    return count
  }

  /// `1024`, `1024:4096`, `unlimited`.
  package static func limit(
    _ text: String, _ resource: ResourceLimit.Resource
  ) throws(ValueProblem) -> ResourceLimit {
    let parts = text.fields(separatedBy: ":", maxSplits: 1).map { String($0).trimmed }
    var values: [UInt64] = []
    for part in parts {
      if ["unlimited", "infinity"].contains(part.lowercased()) {
        values.append(.max)
      } else {
        guard let value = try? Scalar.bytes(part) else {
          throw ValueProblem(
            "not a valid limit: \(text.quoted); write a number, soft:hard or unlimited")
        }
        values.append(UInt64(value))
      }
    }
    guard let soft = values.first, let hard = values.last, soft <= hard else {
      throw ValueProblem("the soft limit in \(text.quoted) is above the hard one")
    }
    return ResourceLimit(resource: resource, soft: soft, hard: hard)
  }

  package static func readiness(_ text: String) throws(ValueProblem) -> Readiness {
    if text == "notify" { return .notify }
    if text.hasPrefix("log:") { return .log(String(text.dropFirst(4))) }
    guard text.hasPrefix("fd:") else { return .probe(try ProbeURL.parse(text)) }
    guard let number = Int32(text.dropFirst(3)), (3...1023).contains(number) else {
      throw ValueProblem("not a valid descriptor: \(text.quoted); write one like fd:3")
    }
    return .descriptor(number)
  }

  /// `file:///shared/path`, `redis://host/key`.
  package static func lock(_ text: String) throws(ValueProblem) -> HookLock.Place {
    if text.hasPrefix("file:///") { return .file(String(text.dropFirst(7))) }
    guard text.hasPrefix("redis://") else {
      throw ValueProblem(
        "not a valid lock: \(text.quoted); write file:///shared/path or redis://host/key")
    }
    return .redis(try RedisLock.parse(text))
  }

  /// `0-3,6`, ascending.
  package static func processors(_ text: String) throws(ValueProblem) -> [Int] {
    var numbers: Set<Int> = []
    for item in Scalar.list(text) {
      let ends = item.fields(separatedBy: "-", maxSplits: 1, omittingEmpty: false)
        .map { UInt16(String($0).trimmed) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, last < 1024
      else {
        throw ValueProblem(
          "\(item.quoted) is no processor; write numbers from 0 to 1023 like 0-3,6")
      }
      for number in first...last { numbers.insert(Int(number)) }
    }
    guard !numbers.isEmpty else { throw ValueProblem("there is no number; write some like 0-3,6") }
    return numbers.sorted()
  }

  package static func oneOf<Value>(
    _ text: String, _ choices: [(word: String, value: Value)]
  ) throws(ValueProblem) -> Value {
    let word = text.trimmed.lowercased()
    if let choice = choices.first(where: { $0.word == word }) { return choice.value }
    let words = choices.map(\.word).joined(separator: ", ")
    throw ValueProblem("\(text.quoted) is none of \(words)")
  }
}
