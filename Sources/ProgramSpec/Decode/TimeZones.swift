internal import SafeText

/// Time zones by name: read from the zone data of the image when the configuration is read, and
/// never later.
extension ReadingContext {
  /// As timezone(3) reads `TZ`: a name, a path, or a rule; a colon before it means nothing, and an
  /// empty one UTC.
  mutating func timeZone(ofVariable text: String) throws(ValueProblem) -> TimeZone {
    let name = text.hasPrefix(":") ? String(text.dropFirst()) : text
    guard !name.isEmpty else { return .utc }
    let isMissing = name == TimeZone.localFile && surroundings.readFile(name) == .failure(.notFound)
    return isMissing ? .utc : try timeZone(named: name)
  }

  /// `Europe/Berlin`, the path of a zone file, or a POSIX rule like `CET-1CEST,M3.5.0,M10.5.0/3`.
  mutating func timeZone(named name: String) throws(ValueProblem) -> TimeZone {
    if let known = timeZones[name] { return known }
    let zone = try read(zone: name)
    timeZones[name] = zone
    return zone
  }

  private func read(zone name: String) throws(ValueProblem) -> TimeZone {
    let directory = environment["TZDIR"] ?? "/usr/share/zoneinfo"
    let path = name.hasPrefix("/") ? name : "\(directory)/\(name)"
    let isSafe = !name.fields(separatedBy: "/").contains("..")
    if isSafe, case .success(let bytes) = surroundings.readFile(path) {
      do { return try ZoneFile.parse(bytes, name: name) } catch {
        throw ValueProblem("\(path) \(error.reason)")
      }
    }
    // These need no data, and no image is too small for them.
    if ["UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Z"].contains(name) { return .utc }
    if let rule = ZoneRule.parse(name) {
      return TimeZone(name: name, rule: rule)
    }
    throw complaint(about: name, directory)
  }

  private func complaint(about name: String, _ directory: String) -> ValueProblem {
    let places = ["*", "*/*", "*/*/*"].flatMap { surroundings.matches("\(directory)/\($0)") }
    let known = places.map { String($0.dropFirst(directory.count + 1)) }
    guard !known.isEmpty else {
      return ValueProblem(
        "there is no time zone data at \(directory); install tzdata "
          + "(apt-get install tzdata, apk add tzdata)")
    }
    guard !known.contains(name) else {
      return ValueProblem("\(name.quoted) is a region; write one like Europe/Berlin")
    }
    let lowered = name.lowercased()
    let hint = known.first { $0.lowercased() == lowered } ?? nearest(to: name, among: known)
    return ValueProblem(
      "there is no time zone \(name.quoted); "
        + (hint.map { "did you mean \($0.quoted)?" } ?? "write one like Europe/Berlin"))
  }
}

extension TimeZone {
  /// That of the machine.
  static let localFile = "/etc/localtime"
}
