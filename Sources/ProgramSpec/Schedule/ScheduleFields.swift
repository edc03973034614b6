/// One of the fields of a schedule: what it counts, and between which bounds.
struct ScheduleField: Sendable, Equatable {
  var name: String
  var lowest: Int
  var highest: Int
  /// For `lowest` and what follows it.
  var words: [String] = []

  static let second = ScheduleField(name: "second", lowest: 0, highest: 59)
  static let minute = ScheduleField(name: "minute", lowest: 0, highest: 59)
  static let hour = ScheduleField(name: "hour", lowest: 0, highest: 23)
  static let day = ScheduleField(name: "day of the month", lowest: 1, highest: 31)
  static let month = ScheduleField(
    name: "month", lowest: 1, highest: 12,
    words: [
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ])
  /// Sunday is 0 and 7.
  static let weekday = ScheduleField(
    name: "day of the week", lowest: 0, highest: 7,
    words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  static let five = [minute, hour, day, month, weekday]

  var isWeekday: Bool { !words.isEmpty && lowest == 0 }

  /// `0 to 59`, `1 to 12 or jan to dec`.
  fileprivate var bounds: String {
    let numbers = "\(lowest) to \(highest)"
    guard let first = words.first, let last = words.last else { return numbers }
    return "\(numbers) or \(first) to \(last)"
  }
}

/// What is wrong with a schedule, and how many bytes from its beginning.
package struct ScheduleProblem: Error, Sendable, Equatable {
  package var offset: Int
  package var reason: String
}

/// Words of a text, and where each begins.
struct PlacedWord: Equatable {
  var text: String
  var offset: Int

  static func split(_ text: String, at isSeparator: (UInt8) -> Bool, from start: Int = 0)
    -> [PlacedWord]
  {
    var words: [PlacedWord] = []
    var offset = start
    for piece in text.utf8.split(omittingEmptySubsequences: false, whereSeparator: isSeparator) {
      words.append(PlacedWord(text: String(piece) ?? "", offset: offset))
      offset += piece.count + 1
    }
    return words
  }
}

extension ScheduleField {
  /// A field as a set of bits: `*`, `5`, `1-5`, `*/10`, `0-30/5`, `mon,wed`.
  func parse(_ word: PlacedWord) throws(ScheduleProblem) -> UInt64 {
    var bits: UInt64 = 0
    let comma = UInt8(ascii: ",")
    for item in PlacedWord.split(word.text, at: { $0 == comma }, from: word.offset) {
      bits |= try parseItem(item)
    }
    return bits
  }

  private func parseItem(_ item: PlacedWord) throws(ScheduleProblem) -> UInt64 {
    let slash = UInt8(ascii: "/")
    let parts = PlacedWord.split(item.text, at: { $0 == slash }, from: item.offset)
    guard parts.count <= 2 else {
      throw ScheduleProblem(
        offset: parts[2].offset, reason: "a second step in \(item.text.quoted); write one like */5")
    }
    let range = try range(parts[0], isStepped: parts.count == 2)
    let step = parts.count == 2 ? try step(parts[1], of: parts[0], range) : 1
    var bits: UInt64 = 0
    for number in stride(from: range.lowerBound, through: range.upperBound, by: step) {
      bits |= 1 << UInt64(isWeekday ? number % 7 : number)
    }
    return bits
  }

  /// Like most that read crontabs, `5/15` is taken for `5-59/15`.
  private func range(
    _ part: PlacedWord, isStepped: Bool
  ) throws(ScheduleProblem) -> ClosedRange<Int> {
    if part.text == "*" { return lowest...(isWeekday ? 6 : highest) }
    let dash = UInt8(ascii: "-")
    let ends = PlacedWord.split(part.text, at: { $0 == dash }, from: part.offset)
    guard ends.count <= 2 else {
      throw ScheduleProblem(
        offset: ends[2].offset, reason: "\(part.text.quoted) is no range; write one like 1-5")
    }
    let first = try number(ends[0])
    guard ends.count == 2 else { return first...(isStepped ? max(first, topOfStep) : first) }
    var last = try number(ends[1])
    // A week that ends on Sunday.
    if isWeekday, last == 0, first > 0 { last = 7 }
    guard first <= last else {
      throw ScheduleProblem(
        offset: part.offset,
        reason: "\(part.text.quoted) runs backwards; write \(first)-\(topOfStep),\(lowest)-\(last)")
    }
    return first...last
  }

  private var topOfStep: Int { isWeekday ? 6 : highest }

  private func step(
    _ part: PlacedWord, of base: PlacedWord, _ range: ClosedRange<Int>
  ) throws(ScheduleProblem) -> Int {
    guard let step = whole(part.text), step > 0 else {
      throw ScheduleProblem(
        offset: part.offset, reason: "\(part.text.quoted) is no step; write a number from 1 up")
    }
    guard base.text != "*" || step <= range.upperBound - range.lowerBound else {
      throw ScheduleProblem(
        offset: part.offset,
        reason: "a step of \(step) leads out of the \(name), \(bounds), and would leave "
          + "\(lowest) alone; write \(lowest), or @every with a duration")
    }
    return step
  }

  private func number(_ part: PlacedWord) throws(ScheduleProblem) -> Int {
    let text = part.text.lowercased()
    if let index = words.firstIndex(of: text) { return lowest + index }
    if let number = whole(text), (lowest...highest).contains(number) { return number }
    throw ScheduleProblem(offset: part.offset, reason: complaint(part.text))
  }

  private func complaint(_ text: String) -> String {
    switch text {
    case "": return "there is nothing for the \(name) here; write \(bounds), or *"
    case "?": return "'?' is Quartz's; write *"
    case "H", "~":
      return "crontab knows no \(text.quoted); write a number, and jitter= to spread it"
    default: break
    }
    let word = nearest(to: text.lowercased(), among: words)
    return "\(text.quoted) is no \(name); write \(bounds)\(word.map { ", here \($0)?" } ?? "")"
  }

  /// Digits only, and few: `Int` would take a sign too.
  private func whole(_ text: String) -> Int? {
    let areDigits = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return areDigits && text.utf8.count <= 9 ? Int(text) : nil
  }
}
