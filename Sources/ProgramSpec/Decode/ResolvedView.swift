/// What `entrypoint config` shows: every key that counts, its value, and where it comes from.
package struct ResolvedView: Sendable, Equatable {
  package enum Origin: Sendable, Equatable {
    case written(Location)
    case preset(String)
    case standard
  }

  package struct Row: Sendable, Equatable {
    package var section: String
    package var key: String
    /// Expanded; `***` where it is nobody's business.
    package var value: String
    package var origin: Origin
  }

  package internal(set) var rows: [Row] = []

  package init() {}

  mutating func add(_ row: Row) {
    rows.append(row)
  }
}
