/// Clients that wait until the logger has opened a log file for them.
struct LogReadings {
  struct Reading: Equatable {
    var request: UInt32
    var client: ConfigurationTrial.Client
    var path: String
  }

  private var waiting: [Reading] = []
  private var next: UInt32 = 1

  var requests: [UInt32] { waiting.map(\.request) }

  /// The number of the request to the logger.
  mutating func add(_ path: String, for client: ConfigurationTrial.Client) -> UInt32 {
    defer { next &+= 1 }
    waiting.append(Reading(request: next, client: client, path: path))
    return next
  }

  /// nil for a number that is not waited for.
  mutating func take(_ request: UInt32) -> Reading? {
    guard let index = waiting.firstIndex(where: { $0.request == request }) else { return nil }
    return waiting.remove(at: index)
  }
}
