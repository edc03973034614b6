internal import ControlProtocol
internal import Linux

/// What PID 1 said to one line of words: objects, and where it was asked for one, an open file.
struct ControlAnswer {
  private(set) var lines: [JSONValue] = []
  private(set) var descriptor: Int32?
  /// False where PID 1 hung up in the middle of it.
  private(set) var isComplete = false

  init() {}

  init(_ lines: [JSONValue], descriptor: Int32? = nil) {
    self.lines = lines
    self.descriptor = descriptor
    isComplete = true
  }

  mutating func take(_ value: JSONValue) {
    if value["end"] == nil { lines.append(value) } else { isComplete = true }
  }

  mutating func keep(_ passed: Int32) {
    closeDescriptor()
    descriptor = passed
  }

  mutating func closeDescriptor() {
    if let descriptor { Linux.closeDescriptor(descriptor) }
    descriptor = nil
  }

  /// Whoever takes it closes it.
  mutating func takeDescriptor() -> Int32? {
    defer { descriptor = nil }
    return descriptor
  }

  /// What went wrong with the whole of it.
  var fault: ControlFault? {
    guard isComplete else { return ControlFault(name: nil, kind: .failed, message: "no answer") }
    return lines.first.flatMap(ControlFault.init)
  }
}

/// A line that says what went wrong: `{"name":…,"fault":"BAD_NAME"}`, or `{"error":…}` for a
/// request that was not understood at all.
struct ControlFault {
  var name: String?
  var kind: FaultKind
  var message: String?
  /// What is named is a group.
  var isGroup = false

  init(name: String?, kind: FaultKind, message: String?) {
    self.name = name
    self.kind = kind
    self.message = message
  }

  init?(_ line: JSONValue) {
    if let word = line["fault"]?.text {
      self.init(
        name: line["name"]?.text, kind: FaultKind(rawValue: word) ?? .failed,
        message: line["message"]?.text)
      isGroup = line["group"]?.isTrue == true
    } else if let error = line["error"]?.text {
      let kind = FaultKind(rawValue: error)
      self.init(name: nil, kind: kind ?? .failed, message: kind == nil ? error : nil)
    } else {
      return nil
    }
  }
}
