/// When and where a log is cut in two.
///
/// supervisord rotates after the write that reaches the limit, wherever that is in a line. Here the
/// cut is moved to a line's end: the last one that still fits, else the first one after the limit.
/// A stream without newlines is cut at twice the limit, so that it cannot fill the disk.
enum Rotation {
  /// How many of the bytes go to the file before it is rotated; nil: all, and no rotation.
  static func cut(_ bytes: ArraySlice<UInt8>, size: UInt64, limit: UInt64) -> Int? {
    guard limit > 0 else { return nil }
    let total = size + UInt64(bytes.count)
    guard total >= limit else { return nil }
    let room = Int(clamping: limit > size ? limit - size : 0)
    let fitting = bytes.prefix(room)
    if let end = fitting.lastIndex(of: newline) { return end - bytes.startIndex + 1 }
    // The line before this piece has just ended: it fits in nowhere better than in a new file.
    if let end = bytes.firstIndex(of: newline) { return end - bytes.startIndex + 1 }
    return total >= 2 * limit ? bytes.count : nil
  }

  private static let newline = UInt8(ascii: "\n")
}
