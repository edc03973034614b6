/// How many columns of a terminal something takes: 0 for what is put on the character before it, 2
/// for East Asian wide ones and pictures. Unicode Standard Annex 11, as far as terminals follow it.
extension Character {
  var columns: Int { unicodeScalars.first?.columns ?? 0 }
}

extension Unicode.Scalar {
  var columns: Int {
    if value < 32 || (127..<160).contains(value) || isCombining { return 0 }
    return isWide ? 2 : 1
  }

  private var isCombining: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: true
    default: false
    }
  }

  private var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}

extension Collection<Character> {
  var columns: Int { reduce(0) { $0 + $1.columns } }
}
