/// The events a listener can subscribe to: supervisord section 7.1. A subscription to an abstract
/// one means all below it; abstract ones are never sent themselves.
package enum EventType: String, Sendable, CaseIterable {
  case event = "EVENT"
  case processState = "PROCESS_STATE"
  case processStarting = "PROCESS_STATE_STARTING"
  case processRunning = "PROCESS_STATE_RUNNING"
  case processBackoff = "PROCESS_STATE_BACKOFF"
  case processStopping = "PROCESS_STATE_STOPPING"
  case processExited = "PROCESS_STATE_EXITED"
  case processStopped = "PROCESS_STATE_STOPPED"
  case processFatal = "PROCESS_STATE_FATAL"
  case processUnknown = "PROCESS_STATE_UNKNOWN"
  case processCommunication = "PROCESS_COMMUNICATION"
  case processCommunicationStdout = "PROCESS_COMMUNICATION_STDOUT"
  case processCommunicationStderr = "PROCESS_COMMUNICATION_STDERR"
  case processLog = "PROCESS_LOG"
  case processLogStdout = "PROCESS_LOG_STDOUT"
  case processLogStderr = "PROCESS_LOG_STDERR"
  case remoteCommunication = "REMOTE_COMMUNICATION"
  case supervisorStateChange = "SUPERVISOR_STATE_CHANGE"
  case supervisorRunning = "SUPERVISOR_STATE_CHANGE_RUNNING"
  case supervisorStopping = "SUPERVISOR_STATE_CHANGE_STOPPING"
  case tick = "TICK"
  case tick5 = "TICK_5"
  case tick60 = "TICK_60"
  case tick3600 = "TICK_3600"
  case processGroup = "PROCESS_GROUP"
  case processGroupAdded = "PROCESS_GROUP_ADDED"
  case processGroupRemoved = "PROCESS_GROUP_REMOVED"

  /// nil above all others.
  package var parent: EventType? {
    switch self {
    case .event: nil
    case .processStarting, .processRunning, .processBackoff, .processStopping, .processExited,
      .processStopped, .processFatal, .processUnknown:
      .processState
    case .processCommunicationStdout, .processCommunicationStderr: .processCommunication
    case .processLogStdout, .processLogStderr: .processLog
    case .supervisorRunning, .supervisorStopping: .supervisorStateChange
    case .tick5, .tick60, .tick3600: .tick
    case .processGroupAdded, .processGroupRemoved: .processGroup
    case .processState, .processCommunication, .processLog, .remoteCommunication,
      .supervisorStateChange, .tick, .processGroup:
      .event
    }
  }

  /// Whether a subscription to `other` brings it.
  package func isKind(of other: EventType) -> Bool {
    self == other || parent?.isKind(of: other) == true
  }
}
