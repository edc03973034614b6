internal import Linux
package import ProgramSpec
package import SuperviseCore

/// What the supervisor is started with.
package struct Boot {
  package var configuration: Configuration
  package var mode: Plan.Mode
  /// Each `NAME=value`.
  package var environment: [String]
  /// Where the control socket goes.
  package var controlPath: String
  /// Lines less urgent than this are not said.
  package var narration: Supervisor.LogLevel
  /// The descriptor the main log is shown on; nil: nowhere but in its file.
  package var console: Int32? = 2
  /// From where the configuration can be read again; nil: nowhere.
  package var source: ConfigurationSource? = nil
  /// What the host has answered about commands and users.
  package var facts = HostRecord()
  /// Goes into the background once all that can be refused has been granted.
  package var becomesDaemon = false

  package init(
    configuration: Configuration, mode: Plan.Mode, environment: [String], controlPath: String,
    narration: Supervisor.LogLevel
  ) {
    self.configuration = configuration
    self.mode = mode
    self.environment = environment
    self.controlPath = controlPath
    self.narration = narration
  }
}

extension Boot {
  /// Told to the next of us when everything begins again: it is a daemon already, and the sockets
  /// are open.
  private static let againName = "ENTRYPOINT_AGAIN"
  package static var isAgain: Bool { ThisProcess.variable(againName) != nil }
  static var keptSockets: KeptSockets { KeptSockets(ThisProcess.variable(againName) ?? "") }

  /// What programs inherit.
  package static var inheritedEnvironment: [String] {
    ThisProcess.environment.filter { !$0.hasPrefix("\(againName)=") }
  }

  /// What the reader has recorded for the reload whose next image this process is; nil: this is no
  /// reload, or the record cannot be used. The variable has a line `DESCRIPTOR record` for it.
  package static var recordedHost: HostRecord? {
    for line in (ThisProcess.variable(againName) ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, words[1] == "record", let number = Int32(words[0]),
        let file = MemoryFile(adopting: number),
        let bytes = try? file.contents(limit: HostRecord.maxBytes)
      else { continue }
      return HostRecord(encoded: bytes)
    }
    return nil
  }

  func environment(keeping sockets: KeptSockets, _ record: Int32?) -> [String] {
    let lines = (record.map { ["\($0) record"] } ?? []) + [sockets.text]
    return environment + ["\(Boot.againName)=\(lines.joined(separator: "\n"))"]
  }

  /// What we cannot get ends us as it ends supervisord, but only while nothing has run yet.
  var isStrict: Bool { isSupervisord && !Boot.isAgain }

  /// Called as supervisord we say and refuse what it does.
  var isSupervisord: Bool { source?.isSupervisords ?? false }
}

extension Kernel {
  var isSupervisord: Bool { source?.isSupervisords ?? false }
}

extension ConfigurationSource {
  fileprivate var isSupervisords: Bool { surroundings.calledAs == .supervisord }
}
