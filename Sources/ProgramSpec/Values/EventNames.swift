/// The names that `events=` of a listener may list (supervisord section 7.1). A misspelt one would
/// be a listener that hears nothing.
enum EventNames {
  static let all =
    ["EVENT", "REMOTE_COMMUNICATION"]
    + families.flatMap { family in
      [family.name] + family.members.map { "\(family.name)_\($0)" }
    }

  private static let families: [(name: String, members: [String])] = [
    (
      "PROCESS_STATE",
      ["STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "STOPPED", "FATAL", "UNKNOWN"]
    ),
    ("PROCESS_COMMUNICATION", ["STDOUT", "STDERR"]),
    ("PROCESS_LOG", ["STDOUT", "STDERR"]),
    ("SUPERVISOR_STATE_CHANGE", ["RUNNING", "STOPPING"]),
    ("TICK", ["5", "60", "3600"]),
    ("PROCESS_GROUP", ["ADDED", "REMOVED"]),
  ]
}
