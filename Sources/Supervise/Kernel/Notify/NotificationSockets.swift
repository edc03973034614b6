internal import Linux
internal import NotifyProtocol
internal import SuperviseCore

/// A socket for sd_notify(3) for each process that may announce something: PID 1 makes the sockets
/// and keeps a descriptor of each, so that losing the role loses no message, but never receives
/// from one. Each start has a socket of its own, so that no message is taken for one of the next
/// process.
///
/// PID 1 must never close the last descriptor of a socket whose queue is not empty: the queue may
/// hold descriptors whose close waits. PID 1 keeps its own until the role has emptied the queue.
struct NotificationSockets {
  struct Entry {
    var origin: NotifyOrigin
    var socket: Int32
    var user: UInt32
    /// nil: not started yet.
    var pid: Int32?
  }

  private var place: NotificationPlace?
  private var names: [InstanceID: String] = [:]
  private var entries: [InstanceID: Entry] = [:]
  /// Their processes have ended, and the role has not emptied their queues yet.
  private(set) var retired: [Entry] = []
  private var lastGeneration: UInt32 = 0

  /// What NOTIFY_SOCKET says, the same for each start. Throws EAGAIN where the machine has no
  /// random bytes yet.
  mutating func address(of id: InstanceID) throws(Errno) -> String {
    let (place, name) = try placeAndName(of: id)
    return place.address(name)
  }

  private mutating func placeAndName(
    of id: InstanceID
  ) throws(Errno) -> (place: NotificationPlace, name: String) {
    let place = self.place ?? .find()
    self.place = place
    if let name = names[id] { return (place, name) }
    let name = try place.name(id.index)
    names[id] = name
    return (place, name)
  }

  /// Makes the socket for the next process. Throws what bind(2) and chown(2) refuse.
  mutating func open(_ id: InstanceID, user: UInt32?, group: UInt32?) throws(Errno) {
    let (place, name) = try placeAndName(of: id)
    let owner = user.map {
      SocketOwner(user: $0, group: group ?? ThisProcess.effectiveGroup)
    }
    let socket = try place.bind(name, owner: owner)
    lastGeneration &+= 1
    let origin = NotifyOrigin(instance: UInt32(id.index), generation: lastGeneration)
    entries[id] = Entry(origin: origin, socket: socket, user: user ?? ThisProcess.effectiveUser)
  }

  /// The process has been started.
  mutating func began(_ id: InstanceID, pid: Int32) { entries[id]?.pid = pid }

  /// The process has ended, or has never been started: nothing more is accepted from it. The caller
  /// has to tell the role.
  @discardableResult
  mutating func retire(_ id: InstanceID) -> Entry? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    try? shutDownReading(entry.socket)
    retired.append(entry)
    return entry
  }

  subscript(_ id: InstanceID) -> Entry? { entries[id] }

  /// nil for a message about an earlier process.
  func instance(of origin: NotifyOrigin) -> InstanceID? {
    let id = InstanceID(Int(origin.instance))
    return entries[id]?.origin == origin ? id : nil
  }

  /// Sockets of processes that run.
  var open: [Entry] { entries.values.filter { $0.pid != nil } }

  /// The role has emptied the queue.
  mutating func close(_ origin: NotifyOrigin) {
    for entry in retired where entry.origin == origin { closeDescriptor(entry.socket) }
    retired.removeAll { $0.origin == origin }
  }

  /// The unit has been removed.
  mutating func forget(_ id: InstanceID) {
    retire(id)
    if let name = names.removeValue(forKey: id) { place?.remove(name) }
  }

  /// At the end: the files are removed. Before an exec the sockets are closed by a child, since the
  /// exec would close their last descriptors in PID 1.
  mutating func removeAll() {
    for id in names.keys { forget(id) }
    place?.removeItself()
    let sockets = retired.map(\.socket)
    retired = []
    if !sockets.isEmpty { _ = try? closeElsewhere(sockets) }
  }
}
