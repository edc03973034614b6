import ProgramSpec
import SuperviseCore

/// Events and effects as one line of text each, with all their values.
///
/// A release build of the core contains no names of cases (-disable-reflection-metadata), so that
/// `"\(event)"` would print only the name of its type.
struct TranscriptText {
  /// Display names by instance.
  let names: [String]

  init(names: [String]) { self.names = names }

  init(_ plan: Plan) { names = plan.members.map(\.displayName) }

  func name(_ id: InstanceID) -> String {
    id.index < names.count ? names[id.index] : "instance \(id.index)"
  }

  func line(_ event: Event) -> String {
    switch event {
    case .began: return "the supervisor begins"
    case .spawned(let id, let pid): return "\(name(id)): started as pid \(pid)"
    case .spawnFailed(let id, let failure):
      return "\(name(id)): start failed: \(failure.values)"
    case .exited(let id, let status): return "\(name(id)): ended: \(status.values)"
    case .probed(let id, let purpose, let verdict):
      return "\(name(id)): \(purpose.word) probe \(verdict.values)"
    case .probeFailedToStart(let id, let purpose, let failure):
      return "\(name(id)): \(purpose.word) probe could not be started: \(failure.values)"
    case .announcedReadiness(let id): return "\(name(id)): announced readiness"
    case .notified(let id, let notification):
      return "\(name(id)): notified \(notification.values)"
    case .outgrew(let id, let bytes): return "\(name(id)): uses \(bytes) bytes of memory"
    case .stopCommandEnded(let id, let verdict):
      return "\(name(id)): stop_command \(verdict.values)"
    case .signalRefused(let id, let error): return "\(name(id)): signal refused: \(error)"
    case .asked(let ask, let request): return "request \(ask.number): \(line(request))"
    case .hungUp(let ask): return "the client of request \(ask.number) hung up"
    case .signalled(let signal): return "the supervisor received \(signal.description)"
    case .clockSet(let clock): return "the wall clock was set: offset \(clock.offset) ns"
    case .deadlinePassed: return "a deadline passed"
    case .eventsDelivered: return "the listeners have been sent all events"
    case .outputFlushed: return "the logger has written everything"
    case .childless: return "no child is left"
    }
  }

  func line(_ effect: Effect) -> String {
    switch effect {
    case .spawn(let id): return "\(name(id)): start"
    case .cancelSpawn(let id): return "\(name(id)): cancel the start"
    case .signal(let id, let signal, let target):
      return "\(name(id)): send \(signal.description) to the \(target.rawValue)"
    case .killLeftovers(let id): return "\(name(id)): kill what is left of its group"
    case .abandonProcess(let id): return "\(name(id)): abandon the process"
    case .probe(let id, let purpose): return "\(name(id)): begin a \(purpose.word) probe"
    case .cancelProbe(let id, let purpose): return "\(name(id)): cancel the \(purpose.word) probe"
    case .runStopCommand(let id, let pid): return "\(name(id)): run stop_command for pid \(pid)"
    case .endStopCommand(let id): return "\(name(id)): end stop_command"
    case .record(let record):
      let subject = record.instance.map { "\(name($0)): " } ?? ""
      return "journal: \(subject)\(line(record.happening))"
    case .reply(let ask, let answer): return "answer \(ask.number): \(line(answer))"
    case .deliverEvents: return "deliver the last events to the listeners"
    case .flushOutput: return "flush the output"
    case .signalEverything(let signal, let isEnd):
      return "send \(signal.description) to \(isEnd ? "every process" : "all descendants")"
    case .finish(let code): return "finish with exit code \(code)"
    case .beginAgain: return "begin again"
    }
  }

  func line(_ request: Request) -> String {
    switch request {
    case .start(let names, let waits, let impossible, let crons):
      return "start \(options(names, waits, impossible, crons))"
    case .stop(let names, let waits, let crons):
      return "stop \(options(names, waits, [:], crons))"
    case .restart(let names, let waits, let impossible, let crons):
      return "restart \(options(names, waits, impossible, crons))"
    case .roll(let names): return "roll \(list(names))"
    case .signal(let signal, let names):
      return "signal \(signal?.description ?? "reload") \(list(names))"
    case .misnamedSignal(let names): return "signal with a wrong name \(list(names))"
    case .awaitReadiness: return "await readiness"
    case .shutdown: return "shut down"
    case .reload: return "reload"
    }
  }

  private func options(
    _ names: [String], _ waits: Bool, _ impossible: [InstanceID: Fault], _ crons: Bool
  ) -> String {
    let faults = impossible.sorted { $0.key.index < $1.key.index }
      .map { ", impossible: \(name($0.key)) \($0.value.kind.rawValue)" }.joined()
    return list(names) + (waits ? "" : ", without waiting") + (crons ? ", crons too" : "") + faults
  }

  func line(_ answer: Answer) -> String {
    switch answer {
    case .started(let id): return "\(name(id)) started"
    case .stopped(let id): return "\(name(id)) stopped"
    case .restarting(let id): return "\(name(id)) restarting"
    case .signalled(let id): return "\(name(id)) signalled"
    case .fault(let name, let fault, let isGroup):
      return "\(isGroup ? "group " : "")\(name): fault \(fault.kind.rawValue)"
    case .ready: return "ready"
    case .neverReady(let reason): return "never ready: \(reason)"
    case .accepted: return "accepted"
    case .end: return "end"
    }
  }

  func list(_ words: [String]) -> String { words.joined(separator: " ") }
}
