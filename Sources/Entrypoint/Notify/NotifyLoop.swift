internal import Linux
internal import NotifyProtocol

/// The notify role's one loop: what PID 1 tells, what programs announce, and time.
struct NotifyLoop: ~Copyable {
  /// The slot of the channel; a program's socket has the place of its watch after it.
  static let channelSlot: UInt32 = 0
  /// Messages for each look at a socket or the channel: none of them keeps the others waiting.
  static let budget = 32

  let channel: Int32
  let supervisor = ThisProcess.parentIdentifier
  var poller: Poller
  var watches: [Watch?] = []
  var children = ReceivingChildren()
  /// In the order in which their processes have ended.
  var closing: [Closing] = []
  private var outbox: [[UInt8]] = []
  private var isFinished = false
  private var buffer = readBuffer(size: NoticeParser.maxDatagram + 1)

  init(channel: Int32) throws(Errno) {
    self.channel = channel
    poller = try Poller()
  }

  /// Until PID 1 closes the channel.
  mutating func run() {
    if HiddenProcesses.hideParent { send(.seesNoOthers) }
    poller.addWaiting(channel, .readable, Token(slot: Self.channelSlot, generation: 0))
    while !isFinished {
      let count = (try? poller.wait(milliseconds: pause())) ?? 0
      flush()
      for index in 0..<count { handle(poller.event(index).token) }
      resume()
      flush()
    }
  }

  private mutating func handle(_ token: Token) {
    guard token.slot != Self.channelSlot else { return readChannel() }
    // While PID 1 does not keep up, messages wait where they are.
    guard outbox.isEmpty else { return }
    let index = Int(token.slot) - 1
    guard let watch = watches[index], watch.origin.generation == token.generation else { return }
    receive(index)
  }

  // MARK: PID 1

  private mutating func readChannel() {
    for _ in 0..<Self.budget {
      do throws(Errno) {
        let (count, passed) = try receiveMessage(channel, into: &buffer)
        guard count > 0 else {
          isFinished = true
          return
        }
        if LongLivedRole.answers(buffer[..<count], on: channel) { continue }
        take(NotifyMessage(buffer[..<count]), passed)
      } catch {
        if !error.isTransient { isFinished = true }
        return
      }
    }
  }

  private mutating func take(_ message: NotifyMessage?, _ passed: Int32?) {
    switch (message, passed) {
    case (.open(let origin, let pid, let user), .some(let socket)):
      let check = SenderCheck(session: pid, user: user, supervisor: supervisor)
      open(Watch(origin: origin, socket: socket, check: check, at: monotonicNanoseconds()))
    case (.close(let origin), .some(let socket)): end(origin, socket)
    case (.adopted(let origin, let pid), .none):
      let index = watches.firstIndex { $0?.origin == origin }
      if let index { watches[index]?.check.mainProcess = pid }
    case (_, .some(let descriptor)): closeDescriptor(descriptor)
    case (_, .none): break
    }
  }

  mutating func send(_ message: NotifyMessage) { outbox.append(message.encoded) }

  private mutating func flush() {
    var sent = 0
    for record in outbox {
      do throws(Errno) { try sendMessage(channel, record) } catch {
        // What can never be sent must not keep the rest back.
        if error.isTransient { break }
      }
      sent += 1
    }
    outbox.removeFirst(sent)
    let interest: Interest = outbox.isEmpty ? .readable : [.readable, .writable]
    poller.changeWaiting(channel, interest, Token(slot: Self.channelSlot, generation: 0))
  }

  // MARK: Programs

  private mutating func receive(_ index: Int) {
    let now = monotonicNanoseconds()
    guard var watch = watches[index], watch.nextLook(at: now) == nil else {
      return suspend(index)
    }
    var (hasOwn, hasOthers) = (false, false)
    var notices = NoticeList()
    for _ in 0..<Self.budget {
      guard watch.head == .plain, let datagram = try? receiveDatagram(watch.socket, into: &buffer)
      else { break }
      if datagram.hasDescriptors { watch.head = .withDescriptors }
      guard let problem = problem(datagram, watch) else {
        hasOwn = true
        NoticeParser.notices(buffer[..<datagram.length]).forEach { notices.add($0) }
        continue
      }
      hasOthers = true
      complain(problem, &watch)
    }
    if hasOwn { _ = watch.allowance.take(at: now) }
    if hasOthers { _ = watch.allowanceOfOthers.take(at: now) }
    for notice in notices.notices { pass(notice, &watch) }
    // What came with the descriptors is known to PID 1 before they are closed: BARRIER=1.
    flush()
    watches[index] = watch
    guard watch.head == .withDescriptors else { return }
    suspend(index)
    receiveInChild(index)
  }

  private func problem(_ datagram: Datagram, _ watch: Watch) -> String? {
    if datagram.isTruncated || datagram.length > NoticeParser.maxDatagram {
      return "a message is longer than \(NoticeParser.maxDatagram) bytes"
    }
    guard watch.check.accepts(datagram.pid, datagram.user) else {
      return "pid \(datagram.pid) of uid \(datagram.user) is none of its processes"
    }
    return nil
  }

  private mutating func pass(_ notice: Notice, _ watch: inout Watch) {
    guard case .mainProcess(let pid) = notice else {
      return send(.notice(watch.origin, notice))
    }
    // The same start time after the check: the pid was not given to another process meanwhile.
    guard let startedAt = ProcessUsage.of(pid)?.startedAt else {
      return complain("MAINPID=\(pid): no such process", &watch)
    }
    guard watch.check.acceptsAsMain(pid), ProcessUsage.of(pid)?.startedAt == startedAt else {
      return complain("MAINPID=\(pid) is none of its processes", &watch)
    }
    send(.mainProcess(watch.origin, pid: pid, startedAt: startedAt))
  }

  private mutating func complain(_ problem: String, _ watch: inout Watch) {
    guard !watch.hasComplained else { return }
    watch.hasComplained = true
    send(.refused(watch.origin, problem))
  }
}
