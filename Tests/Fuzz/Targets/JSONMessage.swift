import ControlProtocol

/// Reads a line of a log in the format JSON.
enum JSONMessage {
  /// nil unless the line is one object with the expected fields.
  static func text(_ line: ArraySlice<UInt8>) -> String? {
    guard let value = JSONValue.parse(line), value["program"]?.text == "web",
      value["time"]?.text != nil
    else { return nil }
    return value["message"]?.text
  }
}
