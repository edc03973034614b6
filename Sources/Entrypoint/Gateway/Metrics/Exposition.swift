/// Prometheus' text format 0.0.4: families of samples, each with its help and its type.
struct Exposition {
  enum Kind: String { case counter, gauge, summary }

  struct Label {
    var name: String
    var value: String
  }

  struct Sample {
    /// Behind the name of the family: `_sum` of a summary.
    var suffix = ""
    var labels: [Label]
    var value: Double
  }

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"
  private(set) var bytes: [UInt8] = []

  /// Nothing at all where there is no sample: a family is told when there is something to tell.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    let whole = "entrypoint_\(name)"
    bytes += "# HELP \(whole) \(help)\n# TYPE \(whole) \(kind.rawValue)\n".utf8
    for sample in samples { add(sample, whole) }
  }

  private mutating func add(_ sample: Sample, _ name: String) {
    bytes += name.utf8
    bytes += sample.suffix.utf8
    for (index, label) in sample.labels.enumerated() {
      bytes += (index == 0 ? "{" : ",").utf8
      bytes += label.name.utf8
      bytes += "=\"".utf8
      for byte in label.value.utf8 { escape(byte) }
      bytes.append(UInt8(ascii: "\""))
    }
    if !sample.labels.isEmpty { bytes.append(UInt8(ascii: "}")) }
    bytes += " \(Exposition.text(sample.value))\n".utf8
  }

  /// Three characters have a meaning in the value of a label; all others stand for themselves.
  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\\"): bytes += "\\\\".utf8
    case UInt8(ascii: "\""): bytes += "\\\"".utf8
    case UInt8(ascii: "\n"): bytes += "\\n".utf8
    default: bytes.append(byte)
    }
  }

  /// As Go reads it; whole numbers without a fraction.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int(exactly: value) { return "\(whole)" }
    return "\(value)"
  }
}
