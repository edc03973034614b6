internal import Linux
internal import SuperviseCore

/// Programs whose main process is another one than the process that was started: MAINPID= of
/// sd_notify(3). A handle (pidfd_open(2)) names the main process, whose number may be given away
/// as long as it is not a child of PID 1.
struct MainProcesses {
  struct Entry {
    var pid: Int32
    var handle: Int32
    var token: Token
    /// The process that PID 1 has started; nil once it has been reaped.
    var leader: Int32?
  }

  private var entries: [InstanceID: Entry] = [:]

  subscript(_ id: InstanceID) -> Entry? {
    get { entries[id] }
    set { entries[id] = newValue }
  }

  /// The process that was started has been reaped.
  mutating func leaderEnded(_ id: InstanceID) { entries[id]?.leader = nil }
}
