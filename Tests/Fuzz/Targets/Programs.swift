import EventsProtocol
import LoggerProtocol
import NotifyProtocol

@testable import Events
@testable import Linux
@testable import Logger
@testable import Notify

/// What programs write: results of event listeners, output, sd_notify(3).
extension FuzzTarget {
  static let listeners = [
    FuzzTarget("listener") { (input) throws(Violation) in try ListenerProperties.check(input) },
    FuzzTarget("capture") { (input) throws(Violation) in try CaptureProperties.check(input) },
    FuzzTarget("output") { (input) throws(Violation) in try OutputProperties.check(input) },
    FuzzTarget("notify") { (input) throws(Violation) in try NotifyProperties.check(input) },
  ]
}

enum ListenerProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    for state in [ListenerState.acknowledged, .busy, .ready, .unknown] {
      for kept in [3, 64] {
        let steps: [ListenerMachine.Step] = try Violation.unlessSame(
          input, "steps from \(state.name)"
        ) { (pieces) throws(Violation) in
          self.steps(pieces, from: state, keeping: kept)
        }
        for step in steps {
          if case .answered(let result) = step {
            try require(result.count <= kept, "\(result.count) bytes of a result")
          }
          if case .badResult(let line) = step {
            try require(line.count <= ListenerMachine.longestLine, "a line of \(line.count) bytes")
          }
        }
      }
    }
    try checkHandlers(input)
  }

  private static func steps(
    _ pieces: [ArraySlice<UInt8>], from state: ListenerState, keeping kept: Int
  ) -> [ListenerMachine.Step] {
    var machine = ListenerMachine(state, keeping: kept)
    var steps: [ListenerMachine.Step] = []
    for piece in pieces { machine.take(piece, into: &steps) }
    return steps
  }

  private static func checkHandlers(_ input: [UInt8]) throws(Violation) {
    for handler in [ResultHandler.standard, .supervisorStdout, .unknown] {
      guard case .processed(let printed?) = handler.outcome(of: input) else { continue }
      let count = printed.name.count + printed.output.count
      try require(count <= input.count + 4, "\(count) bytes are printed")
      var lines = ShownLines()
      let shown = lines.take(printed.output, of: printed.name, at: 0) + lines.release(at: .max)
      let isSafe = shown.allSatisfy { $0 == 9 || $0 == 10 || $0 >= 0x20 && $0 != 0x7F }
      try require(isSafe, "a control character is shown")
    }
  }
}

/// Capture mode, and the search for the text of `ready=log:`.
enum CaptureProperties {
  private struct Outcome: Equatable {
    var text: [UInt8] = []
    var captured: [UInt8] = []
    var complete: [[UInt8]] = []
  }

  static func check(_ input: [UInt8]) throws(Violation) {
    for maximum in [1, 16, 1 << 20] as [UInt64] {
      let outcome: Outcome = try Violation.unlessSame(input, "captured output") {
        (pieces) throws(Violation) in self.outcome(pieces, maximum)
      }
      try require(
        outcome.complete.allSatisfy { $0.count <= Int(maximum) }, "more than \(maximum) bytes")
      let tokens = outcome.complete.count
      let most = tokens * (CaptureMode.beginning.count + CaptureMode.end.count)
      let count = outcome.text.count + outcome.captured.count
      try require(
        (input.count - most - CaptureMode.beginning.count...input.count).contains(count),
        "\(count) of \(input.count) bytes after \(tokens) captures")
    }
    let watched = "<!--XS"
    let sees = try Violation.unlessSame(input, "the text of ready=log:") {
      (pieces) throws(Violation) in
      var watch = TextWatch(watched)
      return pieces.count { watch.sees($0) } == 1
    }
    let contains = input.indices.contains { input[$0...].starts(with: watched.utf8) }
    try requireEqual(sees, contains, "whether the text was written")
  }

  private static func outcome(_ pieces: [ArraySlice<UInt8>], _ maximum: UInt64) -> Outcome {
    var capture = CaptureMode(maximum: maximum)
    var found: [CaptureMode.Piece] = []
    for piece in pieces { capture.take(piece, into: &found) }
    capture.finish(into: &found)
    var outcome = Outcome()
    for piece in found {
      switch piece {
      case .text(let bytes): outcome.text += bytes
      case .captured(let bytes): outcome.captured += bytes
      case .complete(let bytes): outcome.complete.append(bytes)
      }
    }
    return outcome
  }
}

/// Output on its way into logs: escape sequences, lines, syslog and the whole pipeline.
enum OutputProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    _ = try Violation.unlessSame(input, "output without escape sequences") {
      (pieces) throws(Violation) in stripped(pieces)
    }
    let messages = try Violation.unlessSame(input, "datagrams to syslog") {
      (pieces) throws(Violation) in syslog(pieces)
    }
    for message in messages {
      try require(message.count <= SyslogText.longestLine + 64, "\(message.count) bytes")
    }
    for format in [StreamDescription.Format.raw, .prefix] {
      for strips in [true, false] {
        _ = try Violation.unlessSame(input, "logged output") { (pieces) throws(Violation) in
          logged(pieces, description(format, strips: strips))
        }
      }
    }
    let raw = logged([input[...]], description(.raw, strips: false, captures: false))
    try requireEqual(raw, input, "raw output")
    try checkObjects(input)
  }

  private static func description(
    _ format: StreamDescription.Format, strips: Bool, captures: Bool = true
  ) -> StreamDescription {
    var stream = StreamDescription(label: "web")
    stream.format = format
    stream.stripsANSI = strips
    stream.captureMaximum = captures ? 16 : 0
    stream.hasEvents = true
    stream.processName = "web"
    stream.groupName = "web"
    stream.targets = [.syslog(identity: "s"), .file("/log")]
    // A copy takes the time from the system for each piece.
    if !captures { stream.copies = [.file("/main")] }
    return stream
  }

  private static func stripped(_ pieces: [ArraySlice<UInt8>]) -> [UInt8] {
    var stripper = EscapeStripper()
    var output: [UInt8] = []
    for piece in pieces { stripper.take(piece, into: &output) }
    stripper.finish(into: &output)
    return output
  }

  private static func syslog(_ pieces: [ArraySlice<UInt8>]) -> [[UInt8]] {
    var text = SyslogText(identity: "s", processName: "web")
    let time = WallTime(seconds: 1_700_000_000, nanoseconds: 0)
    var messages: [[UInt8]] = []
    for piece in pieces { text.take(piece, at: time, into: &messages) }
    text.finish(at: time, into: &messages)
    return messages
  }

  private static func logged(
    _ pieces: [ArraySlice<UInt8>], _ description: StreamDescription
  ) -> [UInt8] {
    var pipeline = StreamPipeline(description, width: 4, isColoured: false)
    var product = StreamPipeline.Product()
    var text: [UInt8] = []
    for piece in pieces {
      pipeline.take(piece, into: &product)
      text += product.text
      product.clear()
    }
    pipeline.finish(into: &product)
    return text + product.text
  }

  /// Each line in the format JSON is one object, and the messages are the output.
  private static func checkObjects(_ input: [UInt8]) throws(Violation) {
    let text = logged([input[...]], description(.json, strips: false, captures: false))
    var messages: [String] = []
    for line in text.split(separator: 10) {
      guard let message = JSONMessage.text(line) else {
        throw Violation("not an object: \(String(decoding: line, as: UTF8.self))")
      }
      messages.append(message)
    }
    guard String(validating: input, as: UTF8.self) != nil, !input.contains(13) else { return }
    let joined = messages.joined().utf8.filter { $0 != 10 }
    try requireEqual(Array(joined), input.filter { $0 != 10 }, "messages of objects")
  }
}

enum NotifyProperties {
  static func check(_ input: [UInt8]) throws(Violation) {
    let datagram = input.prefix(NoticeParser.maxDatagram)
    let notices = NoticeParser.notices(datagram)
    try requireEqual(Set(notices.map(\.kind)).count, notices.count, "kinds of notices")
    let origin = NotifyOrigin(instance: 1, generation: 2)
    for notice in notices {
      if case .status(let text) = notice {
        try require(text.utf8.count <= Notice.maxStatus, "a status of \(text.utf8.count) bytes")
        let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        try require(isPrintable, "a control character in the status")
      }
      let message =
        if case .mainProcess(let pid) = notice {
          NotifyMessage.mainProcess(origin, pid: pid, startedAt: 1)
        } else {
          NotifyMessage.notice(origin, notice)
        }
      let record = message.encoded
      try require(record.count <= NotifyMessage.maxLength, "a record of \(record.count) bytes")
      try requireEqual(NotifyMessage(record[...]), message, "a notice as it is received")
    }
  }
}
