import Glibc

/// The machine's own time zone data.
public enum ZoneData {
  /// The bytes of a file below /usr/share/zoneinfo; nil where there is none.
  public static func bytes(_ name: String) -> [UInt8]? {
    guard let file = fopen("/usr/share/zoneinfo/\(name)", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }
}
