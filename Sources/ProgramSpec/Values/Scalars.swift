/// supervisord's simple types (its `datatypes`), and the durations and sizes beside them.
package enum Scalar {
  package static func bool(_ text: String) throws(ValueProblem) -> Bool {
    switch text.lowercased() {
    case "yes", "true", "on", "1": return true
    case "no", "false", "off", "0": return false
    default:
      throw ValueProblem("not a valid boolean value: \(text.quoted); write true or false")
    }
  }

  /// Python's `int()`: a sign, blanks around it, single underscores between digits.
  package static func integer(_ text: String) throws(ValueProblem) -> Int {
    let trimmed = text.trimmed
    let isNegative = trimmed.hasPrefix("-")
    let digits = isNegative || trimmed.hasPrefix("+") ? String(trimmed.dropFirst()) : trimmed
    let parts = digits.split(separator: "_", omittingEmptySubsequences: false)
    let areDigits = parts.allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    guard areDigits, let value = Int((isNegative ? "-" : "") + parts.joined()) else {
      throw ValueProblem(
        "invalid literal for int() with base 10: \(text.quoted); write a whole number")
    }
    return value
  }

  package static func natural(_ text: String) throws(ValueProblem) -> Int {
    let value = try integer(text)
    guard value >= 0 else { throw ValueProblem("\(value) is below lower bound (0)") }
    return value
  }

  /// At least one: what is counted up to.
  static func positive(_ text: String) throws(ValueProblem) -> Int {
    let value = try integer(text)
    guard value >= 1 else { throw ValueProblem("\(value) is below lower bound (1)") }
    return value
  }

  /// Above zero: what is waited for again and again would else never rest.
  static func positiveDuration(_ text: String) throws(ValueProblem) -> Duration {
    let value = try duration(text)
    guard value > .zero else {
      throw ValueProblem("it has to be above 0; write one like 10s, 500ms or 1h30m")
    }
    return value
  }

  /// For a probe: one that takes a day is none, and 0 would be over before it begins.
  static func probeTimeout(_ text: String) throws(ValueProblem) -> Duration {
    let value = try positiveDuration(text)
    guard value <= .seconds(86_400) else {
      throw ValueProblem("it has to be a day at most; write one like 5s or 1m")
    }
    return value
  }

  /// From 1 s on: PID 1 learns of keep-alive messages a few times a second.
  static func watchdogInterval(_ text: String) throws(ValueProblem) -> Duration {
    let value = try duration(text)
    guard value >= .seconds(1) else {
      throw ValueProblem("it has to be at least 1s; write one like 30s")
    }
    return value
  }

  static func positiveBytes(_ text: String) throws(ValueProblem) -> Int {
    let value = try bytes(text)
    guard value > 0 else { throw ValueProblem("it has to be above 0; write a size like 50MB") }
    return value
  }

  /// Python's `int(text, 8)`; of larger numbers the bits that are a mode, as the kernel takes them.
  package static func octal(_ text: String) throws(ValueProblem) -> UInt32 {
    let trimmed = text.trimmed.lowercased()
    let isNegative = trimmed.hasPrefix("-")
    let unsigned = isNegative || trimmed.hasPrefix("+") ? String(trimmed.dropFirst()) : trimmed
    let hasPrefix = unsigned.hasPrefix("0o")
    let parts = unsigned.dropFirst(hasPrefix ? 2 : 0)
      .split(separator: "_", omittingEmptySubsequences: false)
    let sound = parts.enumerated().allSatisfy { $1.first?.isNumber ?? ($0 == 0 && hasPrefix) }
    let digits = (isNegative ? "-" : "") + parts.joined()
    guard sound, parts.last?.isEmpty == false, let value = Int32(digits, radix: 8) else {
      throw ValueProblem("\(text) can not be converted to an octal type; write one like 022")
    }
    return UInt32(truncatingIfNeeded: value) & 0o7777
  }

  /// supervisord's `KB`, `MB`, `GB`, and the same written `KiB`, `MiB`, `GiB`; all by 1024.
  package static func bytes(_ text: String) throws(ValueProblem) -> Int {
    let value = try signedBytes(text)
    guard value >= 0 else { throw ValueProblem("\(value) is below lower bound (0)") }
    return value
  }

  /// supervisord takes those below zero too.
  static func signedBytes(_ text: String) throws(ValueProblem) -> Int {
    let lowered = text.trimmed.lowercased()
    for (suffix, shift) in [
      ("kib", 10), ("mib", 20), ("gib", 30), ("kb", 10), ("mb", 20), ("gb", 30),
    ]
    where lowered.hasSuffix(suffix) {
      let value = try sized(String(lowered.dropLast(suffix.count)))
      let (product, overflow) = value.multipliedReportingOverflow(by: 1 << shift)
      guard !overflow else { throw ValueProblem("\(text.quoted) is too large") }
      return product
    }
    return try sized(lowered)
  }

  private static func sized(_ text: String) throws(ValueProblem) -> Int {
    do { return try integer(text) } catch {
      throw ValueProblem(
        "invalid literal for int() with base 10: \(text.quoted); write a size like 50MB")
    }
  }

  /// `500ms`, `10s`, `5m`, `1h`, `1d`, `1h30m`; a bare number is seconds.
  package static func duration(_ text: String) throws(ValueProblem) -> Duration {
    let trimmed = text.trimmed.lowercased()
    if let seconds = try? integer(trimmed), seconds >= 0 { return .seconds(seconds) }
    var bytes = ByteCursor(trimmed)
    var milliseconds = 0
    repeat {
      guard let part = durationPart(&bytes) else { throw badDuration(text) }
      let (sum, overflow) = milliseconds.addingReportingOverflow(part)
      guard !overflow else { throw badDuration(text) }
      milliseconds = sum
    } while bytes.peek != nil
    return .milliseconds(milliseconds)
  }

  private static func durationPart(_ bytes: inout ByteCursor) -> Int? {
    var digits = ""
    while let byte = bytes.peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      digits.append(Character(Unicode.Scalar(byte)))
      _ = bytes.next()
    }
    var unit = ""
    while let byte = bytes.peek, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) {
      unit.append(Character(Unicode.Scalar(byte)))
      _ = bytes.next()
    }
    let factors = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let count = Int(digits), let factor = factors[unit] else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  private static func badDuration(_ text: String) -> ValueProblem {
    ValueProblem("not a valid duration: \(text.quoted); write one like 10s, 500ms or 1h30m")
  }

  /// A decimal number in thousandths: `1.5` is 1500.
  package static func thousandths(_ text: String) throws(ValueProblem) -> Int {
    let parts = text.trimmed.split(separator: ".", omittingEmptySubsequences: false)
    let isPercentage = text.trimmed.hasSuffix("%")
    if isPercentage, let percent = Int(text.trimmed.dropLast()), (0...100).contains(percent) {
      return percent * 10
    }
    guard (1...2).contains(parts.count), let whole = Int(parts[0]), (0...1_000_000).contains(whole)
    else { throw ValueProblem("not a valid number: \(text.quoted); write one like 2 or 1.5") }
    guard parts.count == 2 else { return whole * 1000 }
    let digits = parts[1].prefix(3)
    let padded = digits + String(repeating: "0", count: 3 - digits.count)
    guard let fraction = Int(padded), fraction >= 0, !parts[1].isEmpty else {
      throw ValueProblem("not a valid number: \(text.quoted); write one like 2 or 1.5")
    }
    return whole * 1000 + fraction
  }

  /// Comma-separated, trimmed, without empty items.
  package static func list(_ text: String) -> [String] {
    text.split { $0 == "," || $0 == "\n" }.map { String($0).trimmed }.filter { !$0.isEmpty }
  }
}
