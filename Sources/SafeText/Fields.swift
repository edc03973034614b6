extension StringProtocol {
  /// The parts of the text between occurrences of an ASCII character.
  ///
  /// `split(separator:)` compares whole characters (Unicode's extended grapheme clusters). A
  /// combining mark after a separator forms one character with it, so that `split` does not see the
  /// separator: the kernel finds two components in a path, and `split` finds one.
  package func fields(
    separatedBy separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
  ) -> [Substring] {
    Substring(self).utf8.split(
      separator: UInt8(ascii: separator), maxSplits: maxSplits,
      omittingEmptySubsequences: omittingEmpty
    ).map { Substring($0) }
  }

  /// Whether the text begins with an ASCII character, whatever follows it.
  package func begins(with first: Unicode.Scalar) -> Bool {
    unicodeScalars.first == first
  }
}
