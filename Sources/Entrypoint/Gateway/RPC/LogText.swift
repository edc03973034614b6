internal import Linux
internal import XMLRPC

/// Pieces of logs for calls, by supervisord's rules for offset and length. Both count bytes of the
/// file, whatever the text looks like afterwards.
enum LogText {
  /// Wider than any file, and narrow enough to be added up.
  private static let numbers = -(1 << 60)...(1 << 60)

  /// A negative offset means so many bytes from the end, and goes with no length; a length of
  /// zero means to the end.
  static func read(
    _ log: Int32, _ offset: Int, _ length: Int
  ) throws(XMLRPCFault) -> LogExcerpt {
    guard length >= 0, offset >= 0 || length == 0 else { throw FaultKind.badArguments.fault() }
    let size = LogText.size(log)
    if offset < 0 {
      return LogExcerpt(log: log, range: max(0, size + max(offset, numbers.lowerBound))..<size)
    }
    guard offset < size else { return LogExcerpt(log: log, range: 0..<0) }
    let count = length == 0 ? size - offset : min(length, size - offset)
    return LogExcerpt(log: log, range: offset..<(offset + count))
  }

  /// The last bytes, the size, and whether more has been written than `length` beyond `offset`.
  /// A log that is not there is an empty one.
  static func tail(_ log: Int32?, _ offset: Int, _ length: Int) -> LogExcerpt {
    let size = log.map(LogText.size) ?? 0
    let offset = max(numbers.lowerBound, min(numbers.upperBound, offset))
    let length = max(numbers.lowerBound, min(numbers.upperBound, length))
    let overflows = size > offset + length
    let isNothing = length <= 0 || (!overflows && offset >= size)
    let count = isNothing ? 0 : min(length, size)
    return LogExcerpt(
      log: log, range: (size - count)..<size, surroundings: (size, log != nil && overflows))
  }

  /// In bytes. A file system that a user serves (FUSE) may state a negative size.
  static func size(_ log: Int32) -> Int {
    (try? fileStatus(of: log)).map { max(0, Int($0.size)) } ?? 0
  }

  /// Those bytes as they are; fewer where the file has become shorter.
  static func bytes(_ log: Int32, _ range: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    var buffer = readBuffer(size: min(range.count, 64 << 10))
    while bytes.count < range.count {
      let position = Int64(range.lowerBound + bytes.count)
      guard let count = try? readBytes(log, at: position, into: &buffer), count > 0 else { break }
      bytes += buffer[..<min(count, range.count - bytes.count)]
    }
    return bytes
  }
}
