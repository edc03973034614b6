import Testing

@testable import Logger

/// Zones of the test's own: when the clock is changed, and what it is ahead of UTC from then on.
@Suite struct LocalDayTests {
  struct Zone: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var changes: [(at: Int64, ahead: Int64)]
    /// When the day turns, in hours since the first moment.
    var turns: [Double]

    func moment(_ seconds: Int64) -> LocalDay.Moment {
      let ahead = changes.last { $0.at <= seconds }?.ahead ?? 0
      let local = seconds + ahead
      return .init(day: Int(local / 86_400), second: Int(local % 86_400))
    }
  }

  private static let hour: Int64 = 3600

  @Test(arguments: [
    Zone(testDescription: "UTC", changes: [], turns: [24, 48, 72]),
    Zone(testDescription: "half an hour ahead", changes: [(0, 1800)], turns: [23.5, 47.5]),
    Zone(testDescription: "put forward at two", changes: [(26 * hour, hour)], turns: [24, 47, 71]),
    Zone(testDescription: "put back at three", changes: [(27 * hour, -hour)], turns: [24, 49, 73]),
    Zone(
      testDescription: "put forward at midnight", changes: [(24 * hour, hour)],
      turns: [24, 47, 71]),
    Zone(testDescription: "put back at midnight", changes: [(24 * hour, -hour)], turns: [25, 49]),
    Zone(
      testDescription: "put back a minute after midnight", changes: [(24 * hour + 60, -hour)],
      turns: [24, 49]),
    Zone(
      testDescription: "a day that is left out", changes: [(24 * hour, 24 * hour)],
      turns: [24, 48]),
  ])
  func daysTurnAtTheirFirstMoment(_ zone: Zone) {
    var (now, day) = (Int64(0), zone.moment(0).day)
    var turns: [Double] = []
    var looks = 0
    while turns.count < zone.turns.count, looks < 20 {
      let next = LocalDay.turn(after: now, zone.moment)
      #expect(next > now)
      now = next
      looks += 1
      guard zone.moment(now).day > day else { continue }
      day = zone.moment(now).day
      turns.append(Double(now) / 3600)
    }
    #expect(turns == zone.turns)
    #expect(looks <= zone.turns.count + 1, "one look a day, and one more where the clock goes back")
  }

  @Test func anyMomentHasItsTurnWithinTwoDays() {
    let zone = Zone(testDescription: "", changes: [(24 * Self.hour + 60, -Self.hour)], turns: [])
    for start in stride(from: Int64(0), to: 60 * Self.hour, by: 37) {
      let next = LocalDay.turn(after: start, zone.moment)
      #expect(next > start && next <= start + 25 * Self.hour)
    }
  }
}
