internal import Linux
internal import Probe
internal import ProgramSpec
internal import SuperviseCore

/// A process for one request to Redis, so that what the server sends is parsed without the rights
/// of the hook that holds the lease.
///
/// The words of the request come as one record of a channel, for the Lua scripts and the token of a
/// lease cannot be read by other processes; the answer goes back as one record.
package enum RedisRole {
  /// The one argument is the time-out in milliseconds.
  package static func main(_ arguments: [String]) -> Int32 {
    guard let lock = LeaseRole.takeLock(), let limit = arguments.first.flatMap({ Int($0) }),
      limit > 0
    else { return LeaseExit.unusable }
    // Signals for the group of the hook end the hook; the lease has to be given back after that.
    LongLivedRole.begin(RedisRole.title, as: .redis)
    return LongLivedRole.run(RedisRole.title) { () throws(Errno) in
      var buffer = readBuffer(size: RedisWire.longest)
      guard try waitFor(LongLivedRole.channel, .readable, milliseconds: nil) else { return }
      let (count, passed) = try receiveMessage(LongLivedRole.channel, into: &buffer)
      if let passed { closeDescriptor(passed) }
      let answer = RedisClient(lock.endpoint, lock.login).ask(
        RedisWire.words(buffer[..<count]), within: .milliseconds(limit))
      try sendMessage(LongLivedRole.channel, RedisWire.record(answer))
    }
  }

  static let title = "entrypoint: redis"
}

/// Requests and answers as records: texts that end with NUL, which no word of a request holds.
enum RedisWire {
  static let longest = 64 << 10
  private static let longestText = 4 << 10

  static func record(words: [String]) -> [UInt8] { words.flatMap { Array($0.utf8) + [0] } }

  static func words(_ record: ArraySlice<UInt8>) -> [String] {
    record.dropLast().split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  static func record(_ answer: RedisClient.Answer) -> [UInt8] {
    switch answer {
    case .status(let text): record("s", text)
    case .number(let number): record("n", "\(number)")
    case .nothing: record("0", "")
    case .refused(let text): record("r", text)
    case .unreachable(let text): record("u", text)
    }
  }

  private static func record(_ kind: String, _ text: String) -> [UInt8] {
    Array("\(kind)\(text)".utf8.prefix(longestText))
  }

  /// nil for what is no answer.
  static func answer(_ record: ArraySlice<UInt8>) -> RedisClient.Answer? {
    guard let kind = record.first else { return nil }
    let text = String(decoding: record.dropFirst(), as: UTF8.self)
    switch kind {
    case UInt8(ascii: "s"): return .status(text)
    case UInt8(ascii: "n"): return Int64(text).map { .number($0) }
    case UInt8(ascii: "0"): return .nothing
    case UInt8(ascii: "r"): return .refused(text)
    case UInt8(ascii: "u"): return .unreachable(text)
    default: return nil
    }
  }
}
