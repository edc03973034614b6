/// Draws the line on the terminal, over as many rows as it takes, and remembers what is there: what
/// is typed at the end costs one character.
struct LineView {
  private struct Shown {
    var text: [Character]
    var cursor: Int
  }

  private let prompt: [Character]
  private var shown: Shown?

  init(prompt: String) { self.prompt = Array(prompt) }

  /// Bytes that replace what is shown by the line as it is now.
  mutating func draw(_ editor: LineEditor, columns: Int) -> String {
    let lead = editor.search.map(LineView.searchPrompt) ?? prompt
    return show(
      Shown(text: lead + editor.characters, cursor: lead.count + editor.cursor), columns)
  }

  /// Leaves the line as it is and goes below it.
  mutating func finish(_ editor: LineEditor, columns: Int) -> String {
    let text = prompt + editor.characters
    defer { shown = nil }
    return show(Shown(text: text, cursor: text.count), columns) + "\n"
  }

  /// All of it once more: the window has another size, or others have written to it meanwhile.
  mutating func redraw(_ editor: LineEditor, columns: Int) -> String {
    let back = shown.map { LineView.back($0, columns) } ?? ""
    forget()
    return back + draw(editor, columns: columns)
  }

  /// The screen is empty, or something else has been printed: the line begins anew where we are.
  mutating func forget() { shown = nil }

  private mutating func show(_ next: Shown, _ columns: Int) -> String {
    defer { shown = next }
    let end = LineView.place(next.text, columns)
    let isAtEdge = end.column == 0 && end.row > 0
    guard let shown else { return LineView.whole(next, end, columns) }
    if next.cursor == next.text.count, shown.cursor == shown.text.count, !isAtEdge,
      next.text.starts(with: shown.text)
    {
      return LineView.visible(next.text[shown.text.count...])
    }
    return LineView.back(shown, columns) + LineView.whole(next, end, columns)
  }

  /// To where the prompt begins, with nothing behind it.
  private static func back(_ shown: Shown, _ columns: Int) -> String {
    let row = place(shown.text.prefix(shown.cursor), columns).row
    return (row > 0 ? "\u{1B}[\(row)A" : "") + "\r\u{1B}[J"
  }

  /// The text from the beginning of a row, and then to the cursor.
  private static func whole(
    _ next: Shown, _ end: (row: Int, column: Int), _ columns: Int
  ) -> String {
    var text = visible(next.text[...])
    // A terminal waits at the right edge; only then is the next row there to go to.
    if end.column == 0, end.row > 0 { text += "\n" }
    guard next.cursor < next.text.count else { return text }
    let cursor = place(next.text.prefix(next.cursor), columns)
    if end.row > cursor.row { text += "\u{1B}[\(end.row - cursor.row)A" }
    text += "\r"
    if cursor.column > 0 { text += "\u{1B}[\(cursor.column)C" }
    return text
  }

  private static func searchPrompt(_ search: LineEditor.Search) -> [Character] {
    Array("(\(search.hasFailed ? "failed " : "")reverse-i-search)`\(search.text)': ")
  }

  /// A tab or another control character from the history would move the cursor.
  private static func visible(_ characters: ArraySlice<Character>) -> String {
    String(characters.filter { $0.columns > 0 })
  }

  /// Where the cursor is behind the text; a wide character does not fit into the last column.
  static func place(_ text: some Sequence<Character>, _ columns: Int) -> (row: Int, column: Int) {
    let columns = max(2, columns)
    var place = (row: 0, column: 0)
    for character in text {
      let width = character.columns
      if place.column + width > columns { place = (place.row + 1, 0) }
      place.column += width
      if place.column == columns { place = (place.row + 1, 0) }
    }
    return place
  }
}
