internal import EventsProtocol
internal import Linux
internal import LoggerProtocol

/// The copy of a stream that goes into supervisord's main log at `loglevel=debug`: each piece of
/// output as it was read, below a line that names the program and the channel (supervisord 4.3.0,
/// `POutputDispatcher._log`).
struct MainLogCopy {
  private let heading: [UInt8]

  /// nil where the stream is not copied.
  init?(_ description: StreamDescription) {
    guard !description.copies.isEmpty else { return nil }
    let name = PythonText.string(description.processName)
    heading = Array(" DEBG \(name) \(description.isError ? "stderr" : "stdout") ".utf8)
  }

  /// Output that is not UTF-8 is shown as Python shows bytes.
  func append(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
    begin(&text)
    text += Array("output:\n".utf8)
    if String(validating: bytes, as: UTF8.self) != nil {
      text += bytes
    } else {
      text += Array("Undecodable: ".utf8) + PythonText.bytes(bytes)
    }
    text.append(UInt8(ascii: "\n"))
  }

  /// A PROCESS_COMMUNICATION event was made of captured output.
  func appendCommunication(to text: inout [UInt8]) {
    begin(&text)
    text += Array("emitted a comm event\n".utf8)
  }

  private func begin(_ text: inout [UInt8]) {
    text += Array(WallTime.now().mainLogStamp.utf8) + heading
  }
}
