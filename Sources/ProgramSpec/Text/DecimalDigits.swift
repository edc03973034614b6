/// A whole number as `%e`, `%f` and `%g` write it, without a floating-point number in between.
struct DecimalDigits {
  private let digits: [UInt8]

  init(_ number: UInt) { digits = Array(String(number).utf8) }

  /// `7.000000`.
  func fixed(_ places: Int, keepsPoint: Bool) -> String {
    let zeros = String(repeating: "0", count: places)
    return text(digits[...]) + (places > 0 || keepsPoint ? "." : "") + zeros
  }

  /// `1.235e+06`, with that many digits behind the point.
  func scientific(_ places: Int, keepsPoint: Bool) -> String {
    let (kept, exponent) = rounded(to: places + 1)
    return assembled(kept, exponent, keepsPoint: places > 0 || keepsPoint)
  }

  /// The shorter of both with that many digits, and no zeros behind them.
  func general(_ count: Int, keepsZeros: Bool) -> String {
    var (kept, exponent) = rounded(to: count)
    if exponent < count {
      return fixed(keepsZeros ? count - 1 - exponent : 0, keepsPoint: keepsZeros)
    }
    while !keepsZeros, kept.count > 1, kept.last == UInt8(ascii: "0") { kept.removeLast() }
    return assembled(kept, exponent, keepsPoint: keepsZeros || kept.count > 1)
  }

  private func assembled(_ kept: [UInt8], _ exponent: Int, keepsPoint: Bool) -> String {
    text(kept[..<1]) + (keepsPoint ? "." : "") + text(kept[1...])
      + (exponent < 10 ? "e+0" : "e+") + "\(exponent)"
  }

  /// A half goes to the even digit. The exponent is that of the first digit.
  private func rounded(to count: Int) -> (digits: [UInt8], exponent: Int) {
    let exponent = digits.count - 1
    guard digits.count > count else {
      let zeros = Array(repeating: UInt8(ascii: "0"), count: count - digits.count)
      return (digits + zeros, exponent)
    }
    var kept = Array(digits[..<count])
    guard isRoundedUp(after: count) else { return (kept, exponent) }
    for place in kept.indices.reversed() {
      guard kept[place] == UInt8(ascii: "9") else {
        kept[place] += 1
        return (kept, exponent)
      }
      kept[place] = UInt8(ascii: "0")
    }
    return ([UInt8(ascii: "1")] + kept.dropLast(), exponent + 1)
  }

  private func isRoundedUp(after count: Int) -> Bool {
    let next = digits[count]
    guard next == UInt8(ascii: "5") else { return next > UInt8(ascii: "5") }
    let isHalf = digits[(count + 1)...].allSatisfy { $0 == UInt8(ascii: "0") }
    return !isHalf || digits[count - 1] % 2 == 1
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
