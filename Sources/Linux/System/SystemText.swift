internal import Glibc
internal import SafeText

/// Text of the kernel's: arguments, variables, paths. It is bytes, mostly UTF-8; what is not must
/// come out as it went in, for a program's variable in Latin-1 is not ours to change.
///
/// Each byte that is no UTF-8 becomes a character of a private plane that nobody uses, and a byte
/// again where the text goes back to the kernel, as Python does with its surrogates.
extension String {
  private static let escapes = Unicode.Scalar.foreignBytes

  init(system text: UnsafePointer<CChar>) {
    let bytes = unsafe UnsafeBufferPointer(start: text, count: strlen(text))
    self.init(system: unsafe bytes.map { UInt8(bitPattern: $0) })
  }

  package init(system bytes: [UInt8]) {
    if let valid = String(validating: bytes, as: UTF8.self) {
      self = valid
      return
    }
    self = ""
    var rest = bytes[...]
    while let byte = rest.first {
      let length = String.lengthOfCharacter(beginning: byte)
      if let valid = String(validating: rest.prefix(length), as: UTF8.self), !valid.isEmpty {
        self += valid
        rest = rest.dropFirst(length)
      } else {
        Unicode.Scalar(String.escapes.lowerBound + UInt32(byte) - 0x80)
          .map { unicodeScalars.append($0) }
        rest = rest.dropFirst()
      }
    }
  }

  package var systemBytes: [UInt8] {
    guard unicodeScalars.contains(where: { String.escapes.contains($0.value) }) else {
      return Array(utf8)
    }
    return unicodeScalars.flatMap { scalar in
      String.escapes.contains(scalar.value)
        ? [UInt8(scalar.value - String.escapes.lowerBound + 0x80)] : Array(String(scalar).utf8)
    }
  }

  private static func lengthOfCharacter(beginning byte: UInt8) -> Int {
    byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }
}
