/// `[cron:x]`.
extension SectionReader {
  mutating func cron(format: LogFormat) -> Cron? {
    let schedule = schedule()
    var execution = execution()
    execution.output = output(format: format)
    var cron = Cron(execution: execution, schedule: schedule ?? .once)
    cron.overlap = value("overlap", .skip) { (text) throws(ValueProblem) -> Cron.Overlap in
      try Composite.oneOf(text, [("skip", .skip), ("queue", .queue), ("allow", .allow)])
    }
    cron.timeout = value("timeout", .zero, Scalar.duration)
    cron.jitter = value("jitter", .zero) { (text) throws(ValueProblem) in
      try SectionReader.jitter(text, schedule ?? .once)
    }
    cron.retries = value("retries", 0, Scalar.natural)
    cron.retryDelay = value("retry_delay", cron.retryDelay, Scalar.duration)
    return schedule == nil ? nil : cron
  }

  private static func jitter(
    _ text: String, _ schedule: Schedule
  ) throws(ValueProblem) -> Duration {
    let jitter = try Scalar.duration(text)
    guard case .every(let interval) = schedule, jitter >= interval else { return jitter }
    throw ValueProblem(
      "with @every it has to be shorter than the interval; write less than "
        + "\(interval.components.seconds)s")
  }

  /// nil where there is none, or none that is right; that has been reported then.
  private mutating func schedule() -> Schedule? {
    let written = writtenSchedule()
    guard entry("timezone") != nil || written?.needsZone == true else {
      return written?.inZone(.utc)
    }
    guard mayChooseZone(), let zone = timeZone() else { return nil }
    return written?.inZone(zone)
  }

  /// What is wrong is reported at its own column, where it stands in the file as it is read.
  private mutating func writtenSchedule() -> Schedule.Written? {
    guard let text = required("schedule") else { return nil }
    do { return try Schedule.parse(text) } catch {
      var place = location("schedule")
      if entry("schedule")?.value == text { place.column += error.offset }
      context.report(
        .error, place,
        .badValue(key: "schedule", section: section.name, value: text, reason: error.reason))
      return nil
    }
  }

  /// The file to which `TZ` and `TZDIR` lead is read with the rights of root. A name, a rule or an
  /// empty `TZ` leads to no file but the data of a zone.
  private mutating func mayChooseZone() -> Bool {
    for name in entry("timezone") == nil ? ["TZ", "TZDIR"] : ["TZDIR"] {
      guard let file = context.untrusted[name] else { continue }
      if name == "TZ", context.environment[name]?.isZoneWithoutPath == true { continue }
      context.report(.error, location("schedule"), untrustedZone(name, file))
      return false
    }
    return true
  }

  private func untrustedZone(_ name: String, _ file: String) -> Problem {
    guard name == "TZ" else {
      return .untrustedVariable(
        name, file: file, key: "schedule", section: section.name, needsUser: false)
    }
    return .contradiction(
      "schedule in [\(section.name)] uses the variable TZ of \(file), which a user other than root "
        + "may change; write a name like Europe/Berlin or a rule like "
        + "CET-1CEST,M3.5.0,M10.5.0/3 there, or timezone= in [\(section.name)]")
  }

  /// `timezone`, else `TZ` as the jobs see it, else that of the machine, else UTC.
  private mutating func timeZone() -> TimeZone? {
    if let name = text("timezone"), !name.isEmpty {
      do { return try context.timeZone(named: name) } catch {
        reject("timezone", name, error)
        return nil
      }
    }
    let name = context.environment["TZ"] ?? TimeZone.localFile
    do { return try context.timeZone(ofVariable: name) } catch {
      let key =
        context.environment["TZ"] == nil ? "the machine's time zone" : "the environment's TZ"
      context.report(
        .error, section.location,
        .badValue(
          key: key, section: section.name, value: name,
          reason: "\(error.reason) (timezone= goes before it)"))
      return nil
    }
  }
}

extension String {
  /// Whether this value of `TZ` is empty, a rule, or the name of a file below the directory of
  /// zones, like Europe/Berlin. A colon before it has no meaning: timezone(3).
  fileprivate var isZoneWithoutPath: Bool {
    let name = hasPrefix(":") ? String(dropFirst()) : self
    guard !name.hasPrefix("/") else { return false }
    return ZoneRule.parse(name) != nil
      || name.utf8.allSatisfy { $0.isVariableName || "+-/".utf8.contains($0) }
  }
}
