extension TimeZone {
  /// `2026-03-29T03:00:00+02:00`: RFC 3339, of seconds since 1970, UTC.
  package func rfc3339(_ second: Int64) -> String {
    let offset = offset(at: second)
    let (day, time) = (second + offset).dividedDown(by: 86_400)
    let date = CivilDate(days: day)
    let clock = [time / 3600, time / 60 % 60, time % 60].map(twoDigits).joined(separator: ":")
    let year = String(repeating: "0", count: max(0, 4 - "\(date.year)".utf8.count)) + "\(date.year)"
    return "\(year)-\(twoDigits(Int64(date.month)))-\(twoDigits(Int64(date.day)))T\(clock)"
      + (isUniversal ? "Z" : offsetText(offset))
  }

  /// UTC, by whatever name.
  private var isUniversal: Bool {
    transitions.isEmpty && initialOffset == 0 && rule?.daylight == nil
  }

  private func offsetText(_ offset: Int64) -> String {
    let minutes = abs(offset) / 60
    return "\(offset < 0 ? "-" : "+")\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
  }

  private func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
