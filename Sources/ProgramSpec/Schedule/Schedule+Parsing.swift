/// Reads what `schedule=` takes.
extension Schedule {
  /// What is written, before a time zone is known.
  package enum Written: Sendable, Equatable {
    case once
    case every(Duration)
    case calendar(CalendarSchedule)
  }

  /// crontab(5)'s own, and what they stand for.
  private static let macros: [(word: String, fields: String)] = [
    ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
  ]

  /// Five or six fields, a macro, or `@every` with a duration.
  package static func parse(_ text: String) throws(ScheduleProblem) -> Written {
    let words = PlacedWord.split(text, at: \.isBlank).filter { !$0.text.isEmpty }
    guard let first = words.first, first.text.hasPrefix("@") else {
      return .calendar(try calendar(words))
    }
    let word = first.text.lowercased()
    if word == "@every" { return .every(try interval(words, in: text)) }
    guard words.count == 1 else {
      throw ScheduleProblem(
        offset: words[1].offset,
        reason: "\(first.text) stands alone; leave out what follows it")
    }
    if word == "@reboot" { return .once }
    if let macro = macros.first(where: { $0.word == word }) {
      return .calendar(try calendar(PlacedWord.split(macro.fields, at: \.isBlank)))
    }
    let known = macros.map(\.word) + ["@reboot", "@every"]
    let hint = nearest(to: word, among: known).map { "did you mean \($0.quoted)?" }
    throw ScheduleProblem(
      offset: first.offset,
      reason: "unknown macro \(first.text.quoted); "
        + (hint ?? "the macros are \(known.joined(separator: ", "))"))
  }

  private static func interval(
    _ words: [PlacedWord], in text: String
  ) throws(ScheduleProblem) -> Duration {
    guard words.count == 2 else {
      throw ScheduleProblem(
        offset: words.count > 2 ? words[2].offset : text.utf8.count,
        reason: "@every takes one duration; write one like @every 30s")
    }
    let duration: Duration
    do { duration = try Scalar.duration(words[1].text) } catch {
      throw ScheduleProblem(offset: words[1].offset, reason: error.reason)
    }
    guard duration >= .seconds(1) else {
      throw ScheduleProblem(
        offset: words[1].offset, reason: "nothing is run more often than once a second; write 1s")
    }
    return duration
  }

  /// Five fields, or six with the second before them.
  private static func calendar(
    _ words: [PlacedWord]
  ) throws(ScheduleProblem) -> CalendarSchedule {
    guard words.count == 5 || words.count == 6 else { throw wrongCount(words) }
    let fields = words.count == 6 ? [.second] + ScheduleField.five : ScheduleField.five
    var bits: [UInt64] = []
    for (field, word) in zip(fields, words) { bits.append(try field.parse(word)) }
    let seconds = words.count == 6 ? bits.removeFirst() : 1
    let isStar = words.map { $0.text.hasPrefix("*") }
    let schedule = CalendarSchedule(
      seconds: seconds, minutes: bits[0], hours: bits[1], days: bits[2], months: bits[3],
      weekdays: bits[4], takesEitherDay: !isStar[words.count - 3] && !isStar[words.count - 1],
      isWildcard: isStar.dropLast(3).contains(true))
    guard !schedule.neverComes else {
      let (day, month) = (words[words.count - 3], words[words.count - 2])
      throw ScheduleProblem(
        offset: day.offset,
        reason: "there is no day \(day.text) in month \(month.text), so it would never run; "
          + "write days that the month has")
    }
    return schedule
  }

  private static func wrongCount(_ words: [PlacedWord]) -> ScheduleProblem {
    let count = "\(words.count) field\(words.count == 1 ? "" : "s")"
    guard words.count > 6 else {
      return ScheduleProblem(
        offset: 0,
        reason: "\(count); write five (minute, hour, day of the month, month, day of the week), "
          + "six with the second before them, a macro like @daily, or @every 30s")
    }
    return ScheduleProblem(
      offset: words[6].offset,
      reason: "\(count), of which six at most are the schedule; what is run belongs into command=")
  }
}

extension Schedule.Written {
  var needsZone: Bool {
    guard case .calendar = self else { return false }
    return true
  }

  package func inZone(_ zone: TimeZone) -> Schedule {
    switch self {
    case .once: .once
    case .every(let interval): .every(interval)
    case .calendar(let calendar): .calendar(calendar, zone)
    }
  }
}
