internal import CLinux

/// Children that close sockets whose last close may wait (`closeElsewhere`), so many at a time at
/// most: each one whose close waits takes a process of the limit that all programs share (pids.max,
/// RLIMIT_NPROC).
///
/// Further sockets wait until a child has ended, and one child closes them together.
package struct DescriptorClosers {
  package static let maxChildren = 16
  /// With so many descriptors that wait, the caller receives no more of them.
  static let maxWaiting = 512

  private var children: [Int32] = []
  private var waiting: [Int32] = []
  /// The caller has reported that it is saturated. Reset once no descriptor waits.
  package var isReported = false

  package init() {}

  /// The caller is to receive no further descriptors.
  package var isSaturated: Bool { waiting.count >= DescriptorClosers.maxWaiting }
  /// Descriptors that have no child yet.
  package var waitingCount: Int { waiting.count }

  /// Closes the descriptors, and those that wait. Returns the pid of the child that has been
  /// started for them, which the caller reaps and reports by `ended`; nil: they wait, because there
  /// are enough children or the kernel refuses another one. With `isLast` one more is allowed.
  package mutating func close(_ descriptors: [Int32] = [], isLast: Bool = false) -> Int32? {
    waiting += descriptors
    guard !waiting.isEmpty, isLast || children.count < DescriptorClosers.maxChildren,
      let pid = try? closeElsewhere(waiting)
    else { return nil }
    waiting = []
    isReported = false
    children.append(pid)
    return pid
  }

  /// Closes a listening TCP socket that programs share, and makes its port free, by a child of its
  /// own. Where there are too many children, the socket is only closed, with the others.
  package mutating func stop(_ socket: Int32) -> Int32? {
    guard children.count < DescriptorClosers.maxChildren,
      let pid = try? closeElsewhere([socket], stopping: true)
    else { return close([socket]) }
    children.append(pid)
    return pid
  }

  /// Before an exec, which would close the descriptors that wait, and wait for them: it leaves them
  /// open.
  package func keepAcrossExec() {
    for descriptor in waiting { try? setInheritable(descriptor, true) }
  }

  package mutating func ended(_ pid: Int32) { children.removeAll { $0 == pid } }
}

/// Closes sockets whose last close may take any time, such as a unix socket at which descriptors
/// wait: a child keeps them until the caller has closed its own, and then exits. Returns the pid of
/// the child. Throws what fork(2) and pipe(2) refuse; then all of them are still open.
///
/// With `stopping` they are listening TCP sockets: the child makes their ports free, also where a
/// program keeps such a socket, and that may take any time as well.
///
/// Sockets only: the close of another file may wait although it is not the last one (FUSE, NFS),
/// and the caller would wait.
package func closeElsewhere(
  _ sockets: [Int32], stopping: Bool = false
) throws(Errno) -> Int32 {
  try checked(
    unsafe clinux_close_elsewhere(sockets.sorted(), Int32(sockets.count), stopping ? 1 : 0))
}
