/// A blank and a `;` or `#` begin a comment, in quotes too.
extension Advice {
  static func cutValues(_ document: IniDocument) -> [Finding] {
    ([document.defaults] + document.sections).flatMap { section in
      section.entries.flatMap { entry in
        entry.cuts.compactMap { cut in finding(entry, cut) }
      }
    }
  }

  private static func finding(
    _ entry: IniDocument.Entry, _ cut: IniDocument.Cut
  ) -> Finding? {
    let mark = String(cut.text.prefix(1))
    let start = "a comment begins here, and \(cut.text.trimmed.abridged.quoted) is no part of "
    if let quote = cut.openQuote {
      guard cut.text.utf8.contains(quote) else { return nil }
      let quotes = String(decoding: [quote, quote], as: UTF8.self)
      let semicolon = mark == ";" ? "; without the blank before it, or " : ""
      return Finding(
        cut.location, "\(start)\(entry.key); write \(semicolon)\(quotes)\(mark) for \(mark)")
    }
    guard entry.key == "environment", String(cut.text.dropFirst()).trimmed.isAssignment,
      mark == ";", entry.value.isAssignment
    else { return nil }
    return Finding(cut.location, "\(start)environment; write a comma instead of \(mark)")
  }
}
