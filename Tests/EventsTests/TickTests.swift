import EventsProtocol
import Testing

@testable import Events

@Suite struct TickTests {
  @Test func aTickComesWithTheRollOverAndNotBefore() {
    var ticks = TickSource()
    func due(_ seconds: Int64, _ wanted: EventType...) -> [String] {
      ticks.due(at: seconds) { wanted.contains($0) }.map {
        "\($0.type.rawValue) \(String(decoding: $0.payload, as: UTF8.self))"
      }
    }
    #expect(due(3598, .tick5, .tick3600).isEmpty)
    #expect(due(3599, .tick5, .tick3600).isEmpty)
    #expect(due(3600, .tick5, .tick3600) == ["TICK_5 when:3600", "TICK_3600 when:3600"])
    #expect(due(3604, .tick5).isEmpty)
    #expect(due(3617, .tick5) == ["TICK_5 when:3615"])
    #expect(due(3600, .tick5) == ["TICK_5 when:3600"])
    #expect(due(3660, .tick60).isEmpty)
    #expect(due(3725, .tick60) == ["TICK_60 when:3720"])
  }

  @Test func withoutSubscribersThereIsNothingToWaitFor() {
    var ticks = TickSource()
    #expect(ticks.milliseconds(after: 100, 0) == nil)
    _ = ticks.due(at: 100) { $0 == .tick5 || $0 == .tick3600 }
    #expect(ticks.milliseconds(after: 103, 250) == 1750)
    #expect(ticks.milliseconds(after: 104, 999) == 1)
    _ = ticks.due(at: 104) { $0 == .tick3600 }
    #expect(ticks.milliseconds(after: 104, 0) == 60_000)
    _ = ticks.due(at: 104) { _ in false }
    #expect(ticks.milliseconds(after: 104, 0) == nil)
  }
}
