/// Which process belongs to which program, from one look at /proc to the next.
///
/// A process group is no evidence: a process can join every group of its session. Three facts are,
/// in this order: the session, which no process can join; the ancestors, for a process that has
/// made a session of its own; and what an earlier look found, for one whose parent has exited
/// since (a daemon).
package struct ProcessAttribution {
  private struct Entry {
    var startedAt: UInt64
    var program: Int32
  }

  /// More ancestors than any program has: a chain that changes while it is read ends here.
  private static let maxDepth = 64

  /// By the pid of the process.
  private var entries: [Int32: Entry] = [:]

  package init() {}

  /// Assigns every process to the program whose main process has one of these pids, or to none.
  ///
  /// `supervisor` is the process that starts the programs: its session holds processes of several
  /// programs and therefore says nothing.
  package mutating func assign(
    _ processes: [ProcessUsage], to programs: [Int32],
    supervisor: Int32 = ThisProcess.parentIdentifier
  ) {
    let byPid = Dictionary(processes.map { ($0.pid, $0) }) { first, _ in first }
    let programs = Set(programs)
    let shared = byPid[supervisor]?.session
    var sessions: [Int32: Int32] = [:]
    for program in programs {
      guard let session = byPid[program]?.session, session != shared else { continue }
      sessions[session] = program
    }
    let earlier = entries.filter { programs.contains($0.value.program) }
    entries = [:]
    for process in processes {
      let found = ProcessAttribution.search(process, byPid) { ancestor in
        if let program = sessions[ancestor.session] { return program }
        if programs.contains(ancestor.pid) { return ancestor.pid }
        guard let entry = earlier[ancestor.pid], entry.startedAt == ancestor.startedAt else {
          return nil
        }
        return entry.program
      }
      guard let found else { continue }
      entries[process.pid] = Entry(startedAt: process.startedAt, program: found)
    }
  }

  /// The pid of the program's main process; nil for a process of no program that was named.
  package func program(of process: ProcessUsage) -> Int32? { entries[process.pid]?.program }

  /// Asks for the process itself, and for its ancestors, until one is known.
  private static func search(
    _ process: ProcessUsage, _ byPid: [Int32: ProcessUsage],
    _ program: (ProcessUsage) -> Int32?
  ) -> Int32? {
    var next = process
    for _ in 0..<maxDepth {
      if let found = program(next) { return found }
      guard let parent = byPid[next.parent], parent.pid != next.pid else { return nil }
      next = parent
    }
    return nil
  }
}
