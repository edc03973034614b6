internal import ControlProtocol
internal import ProgramSpec

/// Where the output goes, what comes by the clock, and what is left.
extension AppConversion {
  /// The directories that have to be there.
  mutating func writeLogs() -> [String] {
    let merged = fields.take("merge_logs", "combine_logs")?.flag ?? false
    let all = place(fields.take("log_file", "log"), merged)
    var folders: [String] = []
    for (stream, value) in [
      ("stdout", fields.take("out_file", "output", "out")),
      ("stderr", fields.take("error_file", "error", "err_file", "err")),
    ] {
      let written = [place(value, merged), all].compactMap { $0 }
      let places = written.filter { $0 != "NONE" }
      guard !written.isEmpty else { continue }
      section.set(
        "\(stream)_logfile", places.isEmpty ? "NONE" : places.joined(separator: ", "))
      folders += places.compactMap(AppConversion.folder(of:))
    }
    if fields.take("log_type")?.word == "json" { section.set("log_format", "json") }
    let stamped = fields.take("time")?.flag ?? false
    if fields.take("log_date_format") != nil || stamped {
      note("a time before each line; log_format=json has one")
    }
    return folders
  }

  /// As a key has it. Relative to where the app is, as with PM2.
  private mutating func place(_ value: JSONValue?, _ merged: Bool) -> String? {
    guard let value, let path = value.word, !path.isEmpty else { return nil }
    if path == "/dev/null" || path.lowercased() == "null" || path == "false" { return "NONE" }
    guard var text = ConfigurationText.path(path) else {
      note("the log \(path)")
      return nil
    }
    if let directory, !text.hasPrefix("/"), !text.hasPrefix("~"),
      let before = ConfigurationText.path(directory)
    {
      text = before.hasSuffix("/") ? before + text : "\(before)/\(text)"
    }
    guard !isSingle, !merged, !text.hasPrefix("/dev/") else { return text }
    return "\(text)-%(process_num)d"
  }

  private static func folder(of place: String) -> String? {
    guard !place.hasPrefix("/dev/"),
      let slash = place.utf8.lastIndex(of: UInt8(ascii: "/")), slash > place.startIndex
    else { return nil }
    let folder = String(place[..<slash])
    return folder.holds("%(") ? nil : folder
  }

  mutating func addFolders(_ folders: [String]) {
    var each: [String] = []
    for folder in folders where !each.contains(folder) { each.append(folder) }
    var directory = ConfigurationDraft.Section("directory:\(draft.unused("\(name)-logs"))")
    directory.set("path", each.joined(separator: ","))
    draft.add(directory)
  }

  /// `cron_restart`: a cron that restarts it.
  mutating func addRestartByTheClock() {
    guard let value = fields.take("cron_restart", "cron"), value.wholeNumber != 0 else { return }
    guard let schedule = value.word, (try? Schedule.parse(schedule)) != nil,
      let text = ConfigurationText.plain(schedule)
    else { return draft.note("\(name): not carried over: cron_restart=\(value.shown)") }
    var cron = ConfigurationDraft.Section("cron:\(draft.unused("\(name)-restart"))")
    cron.set("schedule", text)
    cron.set("command", "entrypoint restart \(isSingle ? name : "'\(name):*'")")
    draft.add(cron)
  }

  /// What PM2 alone can do is said, what only concerns PM2 is not.
  mutating func noteOthers() {
    _ = fields.take(
      "vizion", "pmx", "automation", "source_map_support", "disable_source_map_support", "trace",
      "disable_trace", "force", "ignore_watch", "watch_options", "watch_delay", "$schema",
      "version",
      "cron_restart", "cron")
    if let watch = fields.take("watch"), watch.flag != false {
      note("watch; an image does not change, and for development restart it by hand")
    }
    for (field, value) in fields.others {
      if field.hasPrefix("env_") {
        note("\(field); import with --env \(field.dropFirst(4)) for it")
      } else {
        note("\(field)=\(value.shown)")
      }
    }
  }
}
