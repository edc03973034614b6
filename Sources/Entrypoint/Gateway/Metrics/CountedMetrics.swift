internal import ControlProtocol

/// What PID 1 and the logger have counted for each instance: restarts, probes, logs, runs.
struct CountedMetrics {
  let units: [UnitLine]

  func add(to exposition: inout Exposition) {
    exposition.add(
      "unit_restarts_total", .counter, "Starts but the first one, by what they came from.",
      members("restarts", "reason"))
    addProbes(to: &exposition)
    addLogs(to: &exposition)
    addCrons(to: &exposition)
  }

  private func sample(
    _ unit: UnitLine, _ name: String, _ value: String, _ number: Double?
  ) -> Exposition.Sample? {
    let label = Exposition.Label(name: name, value: value)
    return number.map { .init(labels: unit.labels + [label], value: $0) }
  }

  /// One sample for each member of an object, in the order of their names.
  private func members(_ key: String, _ label: String) -> [Exposition.Sample] {
    units.flatMap { unit -> [Exposition.Sample] in
      guard case .object(let fields)? = unit.line[key] else { return [] }
      return fields.sorted { $0.key < $1.key }.compactMap { field in
        sample(unit, label, field.key, field.value.number)
      }
    }
  }

  /// The samples of one key of all elements of a list, which `label` tells apart.
  private func elements(
    _ list: String, _ label: String, _ key: String
  ) -> [Exposition.Sample] {
    units.flatMap { unit in
      (unit.line[list]?.elements ?? []).compactMap { element in
        sample(unit, label, element[label]?.text ?? "", element[key]?.number)
      }
    }
  }

  private func addProbes(to exposition: inout Exposition) {
    var results: [Exposition.Sample] = []
    for result in ["passed", "failed"] {
      results += elements("probes", "probe", result).map { found in
        var sample = found
        sample.labels.append(.init(name: "result", value: result))
        return sample
      }
    }
    exposition.add("probe_checks_total", .counter, "Checks that have ended, by result.", results)
    let sums = elements("probes", "probe", "seconds")
    let passed = elements("probes", "probe", "passed")
    let failed = elements("probes", "probe", "failed")
    var durations: [Exposition.Sample] = []
    for (index, sum) in sums.enumerated() where index < min(passed.count, failed.count) {
      durations.append(.init(suffix: "_sum", labels: sum.labels, value: sum.value))
      let count = passed[index].value + failed[index].value
      durations.append(.init(suffix: "_count", labels: sum.labels, value: count))
    }
    exposition.add("probe_duration_seconds", .summary, "How long checks took.", durations)
    exposition.add(
      "probe_last_duration_seconds", .gauge, "How long the last check took.",
      elements("probes", "probe", "last_seconds"))
    exposition.add(
      "probe_success", .gauge, "Whether the last check has passed.",
      elements("probes", "probe", "last_passed"))
  }

  private func addLogs(to exposition: inout Exposition) {
    exposition.add(
      "log_bytes_total", .counter, "Output that has come to the logger.",
      elements("logs", "stream", "bytes"))
    exposition.add(
      "log_dropped_bytes_total", .counter, "Output that could not be written where it was to go.",
      elements("logs", "stream", "dropped"))
  }

  private func addCrons(to exposition: inout Exposition) {
    let results = ["succeeded", "failed", "stopped"].flatMap { result in
      units.compactMap { sample($0, "result", result, $0.line["cron"]?[result]?.number) }
    }
    exposition.add("cron_runs_total", .counter, "Runs that have ended, by result.", results)
    add("runs", "cron_starts_total", .counter, "Runs that have begun.", &exposition)
    add("skipped", "cron_skipped_total", .counter, "Runs that did not take place.", &exposition)
    let successes = units.compactMap { unit in
      unit.line["cron"]?["last_result"]?.text.map {
        Exposition.Sample(labels: unit.labels, value: $0 == "succeeded" ? 1 : 0)
      }
    }
    exposition.add(
      "cron_last_run_success", .gauge, "Whether the last run has succeeded.", successes)
    add(
      "last_end", "cron_last_run_timestamp_seconds", .gauge, "When the last run ended.",
      &exposition)
    add("next", "cron_next_run_timestamp_seconds", .gauge, "When it runs next.", &exposition)
  }

  private func add(
    _ key: String, _ name: String, _ kind: Exposition.Kind, _ help: String,
    _ exposition: inout Exposition
  ) {
    let samples = units.compactMap { unit in
      (unit.line["cron"]?[key]?.number).map { Exposition.Sample(labels: unit.labels, value: $0) }
    }
    exposition.add(name, kind, help, samples)
  }
}
