/// The known word that is nearest to a misspelt one, if one is near at all: a third of its letters
/// may differ.
package func nearest(to word: String, among known: some Sequence<String>) -> String? {
  let letters = Array(word.utf8.prefix(64))
  // The distance that a better candidate stays below.
  var limit = max(1, letters.count / 3) + 1
  var best: String?
  for candidate in known {
    let other = Array(candidate.utf8.prefix(64))
    // The distance is at least the difference of the lengths.
    guard abs(other.count - letters.count) < limit else { continue }
    let distance = editDistance(letters, other)
    if distance < limit { (best, limit) = (candidate, distance) }
  }
  return best
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into another.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var older: [Int] = []
  var previous = Array(0...right.count)
  for row in left.indices {
    var current = [row + 1]
    current.reserveCapacity(right.count + 1)
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
