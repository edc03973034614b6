import EventsProtocol
import GatewayProtocol
import LoggerProtocol
import MeterProtocol
import NotifyProtocol

// Messages as the product sends them, within its own limits.

extension LoggerMessage {
  static func drawn(_ draw: inout Draw) -> LoggerMessage {
    switch draw.index(below: 16) {
    case 0: .open(stream: draw.number(UInt32.self), .drawn(&draw))
    case 1: .began(.drawn(&draw))
    case 2: .exited(.drawn(&draw))
    case 3: .reopen
    case 4: .clear(stream: draw.number(UInt32.self), request: draw.number(UInt32.self))
    case 5: .events
    case 6: .count
    case 7:
      .mainLog(draw.text(), draw.list(atMost: 32) { .drawn(&$0, atMost: 512) })
    case 8: .finish
    case 9: .ready(stream: draw.number(UInt32.self))
    case 10:
      .failed(
        stream: draw.number(UInt32.self), error: draw.number(Int32.self), path: draw.text())
    case 11: .cleared(request: draw.number(UInt32.self), error: draw.number(Int32.self))
    case 12: .counted(draw.list(atMost: 250) { .drawn(&$0) }, isLast: draw.flag())
    case 13: .eventsLost(draw.number(UInt64.self))
    case 14: .notCompressed(path: draw.text(), reason: draw.text())
    default: .file(.drawn(&draw))
    }
  }
}

extension LogFileMessage {
  static func drawn(_ draw: inout Draw) -> LogFileMessage {
    switch draw.index(below: 7) {
    case 0:
      .open(
        path: draw.text(),
        reader: LogReader(user: draw.number(UInt32.self), group: draw.number(UInt32.self)),
        request: draw.number(UInt32.self))
    case 1: .opened(request: draw.number(UInt32.self), error: draw.number(Int32.self))
    case 2: .remove(path: draw.text(), request: draw.number(UInt32.self))
    case 3: .removeAutomatic(directory: draw.text(), identifier: draw.text())
    case 4: .makeAutomatic(path: draw.text())
    case 5: .refused(path: draw.text(), reason: draw.text())
    default: .warning(draw.text())
    }
  }
}

extension StreamCount {
  static func drawn(_ draw: inout Draw) -> StreamCount {
    StreamCount(
      stream: draw.number(UInt32.self), read: draw.number(UInt64.self),
      dropped: draw.number(UInt64.self))
  }
}

extension Beginning {
  static func drawn(_ draw: inout Draw) -> Beginning {
    Beginning(
      streams: draw.list(atMost: 2) { draw in
        Stream(number: draw.number(UInt32.self), unread: draw.number(UInt32.self))
      }, at: draw.number(UInt64.self), pid: draw.number(Int32.self))
  }
}

extension StreamDescription.Target {
  static func drawn(_ draw: inout Draw, atMost most: Int) -> StreamDescription.Target {
    switch draw.index(below: 3) {
    case 0: .file(draw.text(atMost: most))
    case 1: .descriptor(draw.number(Int32.self))
    default: .syslog(identity: draw.text(atMost: 256))
    }
  }
}

extension StreamDescription {
  static func drawn(_ draw: inout Draw) -> StreamDescription {
    var stream = StreamDescription(label: draw.text())
    stream.program = draw.text()
    stream.instance = draw.number(UInt32.self)
    stream.isError = draw.flag()
    stream.format = draw.element(of: [.raw, .prefix, .json]) ?? .raw
    stream.targets = draw.list(atMost: 32) { .drawn(&$0, atMost: 512) }
    stream.maximumBytes = draw.number(UInt64.self)
    stream.backups = draw.number(UInt32.self)
    (stream.compresses, stream.rotatesDaily) = (draw.flag(), draw.flag())
    (stream.isPrivate, stream.stripsANSI) = (draw.flag(), draw.flag())
    let readers = draw.number(UInt32.self)
    stream.readers = readers == .max ? nil : readers
    stream.user = draw.number(UInt32.self)
    stream.readyText = draw.text()
    stream.captureMaximum = draw.number(UInt64.self)
    stream.hasEvents = draw.flag()
    stream.copies = draw.list(atMost: 32) { .drawn(&$0, atMost: 512) }
    stream.processName = draw.text()
    stream.groupName = draw.text()
    return stream
  }
}

extension GatewayMessage {
  static func drawn(_ draw: inout Draw) -> GatewayMessage {
    switch draw.index(below: 7) {
    case 0:
      var listener = GatewayListener(name: draw.text(), isUnix: draw.flag())
      if draw.flag() { listener.login = .init(username: draw.text(), password: draw.text()) }
      listener.allowedHosts = draw.list(atMost: 8) { "h\($0.byte())" }
      return .serve(listener)
    case 1:
      return .identity(
        GatewayIdentity(
          identifier: draw.text(), version: draw.text(), hostName: draw.text(),
          isSupervisord: draw.flag()))
    case 2: return .finish
    case 3:
      let peer = GatewayOrigin.Peer.drawn(&draw)
      return .request(
        GatewayOrigin(peer: peer, username: draw.flag() ? draw.text() : nil),
        number: draw.number(UInt64.self))
    case 4: return .stream(number: draw.number(UInt64.self))
    case 5: return .noStream(number: draw.number(UInt64.self))
    default:
      return .report(
        GatewayReport(
          kind: draw.element(of: GatewayReport.Kind.allCases) ?? .failedLogin,
          peer: .drawn(&draw), text: draw.text(),
          repetitions: Int(draw.number(UInt32.self))))
    }
  }
}

extension GatewayOrigin.Peer {
  static func drawn(_ draw: inout Draw) -> GatewayOrigin.Peer {
    draw.flag() ? .address(draw.text()) : .user(draw.number(UInt32.self))
  }
}

extension EventsMessage {
  static func drawn(_ draw: inout Draw) -> EventsMessage {
    switch draw.index(below: 17) {
    case 0: .verbosity(isDebug: draw.flag())
    case 1: .pool(.drawn(&draw))
    case 2: .removePool(name: draw.text())
    case 3: .listener(.drawn(&draw))
    case 4: .listenerOutput(instance: draw.number(UInt32.self))
    case 5: .listenerLog(instance: draw.number(UInt32.self))
    case 6: .listenerState(instance: draw.number(UInt32.self), isRunning: draw.flag())
    case 7: .listenerEnded(instance: draw.number(UInt32.self))
    case 8: .event(draw.element(of: EventType.allCases) ?? .tick, payload: draw.bytes(atMost: 9000))
    case 9: .part(draw.bytes(atMost: 9000))
    case 10: .loggerChannel
    case 11: .deliver
    case 12: .finish
    case 13:
      .say(
        draw.element(of: [.debug, .info, .warning, .error, .critical]) ?? .info, draw.text())
    case 14: .copy(heading: draw.text(), output: draw.text())
    case 15: .listening(instance: draw.number(UInt32.self), .drawn(&draw))
    default: .delivered
    }
  }
}

extension ListenerState {
  static func drawn(_ draw: inout Draw) -> ListenerState {
    draw.element(of: [.ready, .busy, .acknowledged, .unknown]) ?? .ready
  }
}

extension PoolDescription {
  static func drawn(_ draw: inout Draw) -> PoolDescription {
    var pool = PoolDescription(
      name: draw.text(atMost: 256), server: draw.text(atMost: 256),
      events: draw.list(atMost: 40) { $0.element(of: EventType.allCases) ?? .event })
    pool.bufferSize = draw.number(UInt32.self)
    pool.countsCharacters = draw.flag()
    pool.resultHandler = draw.element(of: [.standard, .supervisorStdout, .unknown]) ?? .standard
    pool.marksLines = draw.flag()
    return pool
  }
}

extension ListenerDescription {
  static func drawn(_ draw: inout Draw) -> ListenerDescription {
    var listener = ListenerDescription(
      pool: draw.text(atMost: 256), instance: draw.number(UInt32.self),
      name: draw.text(atMost: 256))
    listener.state = .drawn(&draw)
    listener.isRunning = draw.flag()
    return listener
  }
}

extension MeterMessage {
  static func drawn(_ draw: inout Draw) -> MeterMessage {
    let pid = max(0, draw.number(Int32.self))
    return switch draw.index(below: 3) {
    case 0:
      .watch(instance: draw.number(UInt32.self), pid: pid, limit: draw.number(UInt64.self))
    case 1: .forget(instance: draw.number(UInt32.self))
    default:
      .outgrew(instance: draw.number(UInt32.self), pid: pid, bytes: draw.number(UInt64.self))
    }
  }
}

extension NotifyMessage {
  static func drawn(_ draw: inout Draw) -> NotifyMessage {
    let origin = NotifyOrigin(
      instance: draw.number(UInt32.self), generation: draw.number(UInt32.self))
    let pid = max(0, draw.number(Int32.self))
    return switch draw.index(below: 7) {
    case 0: .open(origin, pid: pid, user: draw.number(UInt32.self))
    case 1: .close(origin)
    case 2: .closed(origin)
    case 3: .adopted(origin, pid: pid)
    case 4: .refused(origin, draw.text(atMost: Notice.maxStatus))
    case 5: .mainProcess(origin, pid: pid, startedAt: draw.number(UInt64.self))
    default: .notice(origin, .drawn(&draw))
    }
  }
}

extension Notice {
  static func drawn(_ draw: inout Draw) -> Notice {
    switch draw.index(below: 9) {
    case 0: .ready
    case 1: .stopping
    case 2: .reloading
    case 3: .status(draw.text(atMost: Notice.maxStatus))
    case 4: .failed(errno: max(0, draw.number(Int32.self)))
    case 5: .extendTimeout(microseconds: draw.number(UInt64.self))
    case 6: .watchdog
    case 7: .watchdogTriggered
    default: .watchdogInterval(microseconds: draw.number(UInt64.self))
    }
  }
}
