import ControlProtocol
import Linux
import Support
import Testing

@testable import Gateway

/// Prometheus' text format, and what is made of PID 1's words.
@Suite struct MetricsTests {
  private func text(_ exposition: Exposition) -> String {
    String(decoding: exposition.bytes, as: UTF8.self)
  }

  private func value(_ json: String) throws -> JSONValue {
    try #require(JSONValue.parse(Array(json.utf8)[...]))
  }

  @Test func aFamilyHasItsHelpItsTypeAndItsSamples() {
    var exposition = Exposition()
    exposition.add(
      "unit_up", .gauge, "Whether.",
      [
        .init(
          labels: [.init(name: "name", value: "a"), .init(name: "unit", value: "b")], value: 1),
        .init(labels: [], value: 0.25), .init(suffix: "_sum", labels: [], value: 3),
      ])
    exposition.add("nothing_total", .counter, "Never.", [])
    #expect(
      text(exposition) == """
        # HELP entrypoint_unit_up Whether.
        # TYPE entrypoint_unit_up gauge
        entrypoint_unit_up{name="a",unit="b"} 1
        entrypoint_unit_up 0.25
        entrypoint_unit_up_sum 3

        """)
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\\b", "a\\\\b"), ("say \"x\"", "say \\\"x\\\""), ("a\nb", "a\\nb"),
    ("\\n", "\\\\n"), ("grün {x},=", "grün {x},="), ("", ""), ("\t\r", "\t\r"),
  ])
  func valuesOfLabelsAreEscaped(_ value: String, _ written: String) {
    var exposition = Exposition()
    exposition.add(
      "x", .gauge, "X.", [.init(labels: [.init(name: "l", value: value)], value: 1)])
    #expect(text(exposition).hasSuffix("entrypoint_x{l=\"\(written)\"} 1\n"))
  }

  @Test(arguments: [
    (0.0, "0"), (-1, "-1"), (1_795_262_831, "1795262831"), (0.000001, "1e-06"), (2.5, "2.5"),
    (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1e300, "1e+300"),
  ])
  func numbersAreAsGoReadsThem(_ number: Double, _ written: String) {
    #expect(Exposition.text(number) == written)
  }

  /// Whatever a name holds, each sample stays one line, with one value behind it.
  @Test func noNameBreaksOutOfItsLabel() {
    for seed in 0..<2000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let pool = Array("ab\\\"\n{}=, #".unicodeScalars)
      let length = Int(random.next() % 12)
      var name = ""
      for _ in 0..<length {
        name.unicodeScalars.append(pool[Int(random.next() % UInt64(pool.count))])
      }
      var exposition = Exposition()
      exposition.add(
        "x", .gauge, "X.", [.init(labels: [.init(name: "l", value: name)], value: 1)])
      let lines = text(exposition).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == 4)
      #expect(unescaped(lines[2]) == name)
    }
  }

  private func unescaped(_ line: Substring) -> String? {
    guard line.hasPrefix("entrypoint_x{l=\""), line.hasSuffix("\"} 1") else { return nil }
    var found = ""
    var isEscaped = false
    for scalar in line.dropFirst(16).dropLast(4).unicodeScalars {
      if isEscaped {
        found.unicodeScalars.append(scalar == "n" ? "\n" : scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "\"" || scalar == "\n" {
        return nil
      } else {
        found.unicodeScalars.append(scalar)
      }
    }
    return isEscaped ? nil : found
  }

  @Test func usageIsThatOfTheWholeGroupAndNeverGoesBack() throws {
    let unit = try value(
      #"{"name":"w","unit":"w","kind":"program","state":"running","pid":7,"cpu":2.5,"restarts":{}}"#
    )
    let usage = UsageMemory()
    func process(_ pid: Int32, _ session: Int32, _ seconds: UInt64) -> ProcessUsage {
      ProcessUsage(
        pid: pid, session: session, processorTime: seconds * 1_000_000_000, residentBytes: 4096)
    }
    func told(_ processes: [ProcessUsage]) -> String {
      var exposition = Exposition()
      UnitMetrics(units: [UnitLine(unit)]).addUsage(to: &exposition, usage, processes)
      return text(exposition)
    }
    let first = told([process(7, 7, 1), process(8, 7, 3), process(9, 9, 100)])
    #expect(first.contains("unit_processes{name=\"w\",unit=\"w\"} 2\n"))
    #expect(first.contains("unit_resident_memory_bytes{name=\"w\",unit=\"w\"} 8192\n"))
    #expect(first.contains("unit_cpu_seconds_total{name=\"w\",unit=\"w\"} 6.5\n"))
    let second = told([process(7, 7, 1)])
    #expect(second.contains("unit_cpu_seconds_total{name=\"w\",unit=\"w\"} 6.5\n"))
    #expect(!told([]).contains("resident"))
  }

  /// PID 1 tells less of a step, and may one day tell more.
  @Test func whatIsMissingIsLeftOut() throws {
    let step = try value(#"{"name":"h","unit":"h","kind":"hook","state":"succeeded","new":[{}]}"#)
    let body = MetricsErrand.text(try value("{}"), [step], UsageMemory(), [])
    let text = String(decoding: body, as: UTF8.self)
    #expect(text.contains("unit_state{name=\"h\",unit=\"h\",state=\"succeeded\"} 1\n"))
    #expect(!text.contains("state=\"fatal\""))
    #expect(!text.contains("restarts"))
    #expect(!text.contains("entrypoint_ready "))
  }
}
