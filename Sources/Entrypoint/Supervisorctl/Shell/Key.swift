/// What a person does to the line.
enum Key: Equatable {
  case text(Unicode.Scalar)
  case enter, tab, backspace, delete, left, right, wordLeft, wordRight, home, end
  case older, newer, oldest, newest
  case killToEnd, killToStart, killWord, killWordAhead, yank, swap
  case clearScreen, deleteOrEnd, search, cancel
  case nothing
}

/// Bytes of a terminal to keys: UTF-8, control characters, and the escape sequences of xterm, VT
/// and the Linux console. It keeps what is incomplete until the rest has come.
struct KeyDecoder {
  private var pending: [UInt8] = []
  /// Longer sequences mean nothing to us.
  private static let longest = 16

  /// The keys that are complete with this byte; one at the most.
  mutating func take(_ byte: UInt8) -> Key? {
    pending.append(byte)
    guard let key = decode() else {
      if pending.count > KeyDecoder.longest { pending = [] }
      return nil
    }
    pending = []
    return key
  }

  /// Nothing has followed for a while: what is pending is all there is. A lone escape means cancel.
  mutating func settle() -> Key? {
    defer { pending = [] }
    return pending == [27] ? .cancel : nil
  }

  var isPending: Bool { !pending.isEmpty }

  private func decode() -> Key? {
    let first = pending[0]
    if first == 27 { return pending.count > 1 ? escape() : nil }
    if first < 32 || first == 127 { return KeyDecoder.control(first) }
    return character(first)
  }

  private func character(_ first: UInt8) -> Key? {
    let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    if pending.count < length, pending.dropFirst().allSatisfy({ $0 & 0xC0 == 0x80 }) { return nil }
    let text = String(decoding: pending, as: UTF8.self).unicodeScalars
    guard text.count == 1, let scalar = text.first, scalar != "\u{FFFD}" else { return .nothing }
    return .text(scalar)
  }

  private static func control(_ byte: UInt8) -> Key {
    switch byte {
    case 1: .home
    case 2: .left
    case 4: .deleteOrEnd
    case 5: .end
    case 6: .right
    case 7: .cancel
    case 8, 127: .backspace
    case 9: .tab
    case 10, 13: .enter
    case 11: .killToEnd
    case 12: .clearScreen
    case 14: .newer
    case 16: .older
    case 18: .search
    case 20: .swap
    case 21: .killToStart
    case 23: .killWord
    case 25: .yank
    default: .nothing
    }
  }

  private func escape() -> Key? {
    switch pending[1] {
    case UInt8(ascii: "["): return pending.count > 2 ? bracketed() : nil
    case UInt8(ascii: "O"): return pending.count > 2 ? KeyDecoder.letter(pending[2], 0) : nil
    case UInt8(ascii: "b"): return .wordLeft
    case UInt8(ascii: "f"): return .wordRight
    case UInt8(ascii: "d"): return .killWordAhead
    case UInt8(ascii: "<"): return .oldest
    case UInt8(ascii: ">"): return .newest
    case 8, 127: return .killWord
    default: return .nothing
    }
  }

  /// `ESC [ 1 ; 5 C`: numbers, then the letter that ends it.
  private func bracketed() -> Key? {
    guard let last = pending.last, (64...126).contains(last), last != UInt8(ascii: "[") else {
      return nil
    }
    let numbers = pending[2...].dropLast().split(separator: UInt8(ascii: ";"))
      .map { Int(String(decoding: Array($0), as: UTF8.self)) ?? 0 }
    let modifier = numbers.count > 1 ? numbers[1] : 0
    guard last == UInt8(ascii: "~") else { return KeyDecoder.letter(last, modifier) }
    switch numbers.first {
    case 1, 7: return .home
    case 3: return .delete
    case 4, 8: return .end
    default: return .nothing
    }
  }

  private static func letter(_ letter: UInt8, _ modifier: Int) -> Key {
    switch letter {
    case UInt8(ascii: "A"): .older
    case UInt8(ascii: "B"): .newer
    case UInt8(ascii: "C"): modifier > 1 ? .wordRight : .right
    case UInt8(ascii: "D"): modifier > 1 ? .wordLeft : .left
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "H"): .home
    default: .nothing
    }
  }
}
