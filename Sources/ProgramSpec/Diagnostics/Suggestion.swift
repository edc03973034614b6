/// The known word that is nearest to a misspelt one, if one is near at all: a third of its letters
/// may differ.
package func nearest(to word: String, among known: some Sequence<String>) -> String? {
  let letters = Array(word.utf8.prefix(64))
  var best: (word: String, distance: Int)?
  for candidate in known {
    let distance = editDistance(letters, Array(candidate.utf8.prefix(64)))
    guard distance <= max(1, letters.count / 3) else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
  }
  return best?.word
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into another.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var older: [Int] = []
  var previous = Array(0...right.count)
  for row in left.indices {
    var current = [row + 1]
    for column in right.indices {
      let change = previous[column] + (left[row] == right[column] ? 0 : 1)
      var cost = min(change, previous[column + 1] + 1, current[column] + 1)
      let isSwap =
        row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
      if isSwap { cost = min(cost, older[column - 1] + 1) }
      current.append(cost)
    }
    older = previous
    previous = current
  }
  return previous[right.count]
}
