internal import HTTP
internal import XMLRPC

/// The calls about processes and their logs.
extension RemoteCall {
  /// In one line; PID 1 takes 64 KiB of a line, and base64 makes four of three.
  private static let longestPiece = 32 << 10

  static func information(
    _ name: String, _ arguments: Arguments
  ) throws(XMLRPCFault) -> RemoteCall? {
    switch name {
    case "getProcessInfo":
      let name = try arguments.name(0)
      return RemoteCall("info \(name.word ?? "")", .init(.processInfo, naming: name.given))
    case "getAllProcessInfo": return RemoteCall("info", .init(.processInfos))
    case "getAllConfigInfo": return RemoteCall("configinfo", .init(.configInfos))
    default: return nil
    }
  }

  static func log(_ name: String, _ arguments: Arguments) throws(XMLRPCFault) -> RemoteCall? {
    switch name {
    case "readLog", "readMainLog": return try read("openmainlog", 0, nil, arguments)
    case "readProcessStdoutLog", "readProcessLog":
      let name = try arguments.name(0)
      return try read("openlog \(name.word ?? "") stdout", 1, name.given, arguments)
    case "readProcessStderrLog":
      let name = try arguments.name(0)
      return try read("openlog \(name.word ?? "") stderr", 1, name.given, arguments)
    case "tailProcessStdoutLog", "tailProcessLog": return try tail("stdout", arguments)
    case "tailProcessStderrLog": return try tail("stderr", arguments)
    case "clearProcessLogs", "clearProcessLog":
      let name = try arguments.name(0)
      return RemoteCall("clearlog \(name.word ?? "")", .init(.acceptance, naming: name.given))
    case "clearAllProcessLogs": return RemoteCall("info all", .init(.clearing))
    default: return nil
    }
  }

  private static func read(
    _ line: String, _ first: Int, _ name: String?, _ arguments: Arguments
  ) throws(XMLRPCFault) -> RemoteCall {
    let offset = try arguments.integer(first)
    let length = try arguments.integer(first + 1)
    return RemoteCall(line, .init(.read(offset: offset, length: length), naming: name))
  }

  private static func tail(
    _ channel: String, _ arguments: Arguments
  ) throws(XMLRPCFault) -> RemoteCall {
    let name = try arguments.name(0)
    let offset = try arguments.integer(1)
    let length = try arguments.integer(2)
    let kind = AnswerReading.Kind.tail(offset: offset, length: length)
    return RemoteCall("openlog \(name.word ?? "") \(channel)", .init(kind, naming: name.given))
  }

  /// In pieces, one after the other; the first that is refused ends it.
  static func standardInput(_ arguments: Arguments) throws(XMLRPCFault) -> RemoteCall {
    let bytes = try arguments.bytes(1)
    let name = try arguments.name(0)
    var lines: [String] = []
    var start = 0
    repeat {
      let end = min(bytes.count, start + longestPiece)
      lines.append("stdin \(name.word ?? "") \(controlWord(bytes[start..<end]))")
      start = end
    } while start < bytes.count
    return RemoteCall(lines, .init(.acceptance, naming: name.given))
  }

  /// Bytes as one word of a line. Nothing at all is `=`, since a word cannot be empty.
  static func controlWord(_ bytes: some Collection<UInt8>) -> String {
    bytes.isEmpty ? "=" : String(decoding: Base64.encode(bytes), as: UTF8.self)
  }
}
