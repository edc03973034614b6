/// What PID 1 and its gateway say to each other, one record of a SOCK_SEQPACKET channel each.
///
/// A stream that comes with `request` carries one line of words, and back JSON lines to the one
/// that says `"end"`. The words, names always with their group, `cat:cat`, `group:*`, or `all`:
///
///     info [NAME…]              an object a process: the fields of getProcessInfo
///     configinfo                an object a process: the fields of getAllConfigInfo
///     state                     statecode, statename, pid, identifier, version
///     start|stop NAME…          name and result of each, once it is so; or name and fault
///     startnowait|stopnowait NAME…
///     signal SIGNAL NAME…       a signal that is none is BAD_SIGNAL for each name that exists
///     openlog NAME stdout|stderr, openmainlog     an object, and with it the file, read-only
///     clearlog NAME, clearmainlog
///     reread                    added, changed, removed: names of groups
///     addgroup|removegroup NAME (of a group), reload, shutdown
///     stdin NAME BASE64, remotecomm BASE64 BASE64     `=` for nothing at all
///
///     health, status, metrics, journal, follow    as the command asks them
///     native WORDS…             the same words, of a world in which there are crons
///
/// A fault is supervisord's, `"fault":"BAD_NAME"`, with `"group":true` where a group is not there;
/// its `"message"` stands behind the name of the fault in place of the process's.
package enum GatewayMessage: Sendable, Equatable {
  /// To the gateway, with a listening socket.
  case serve(GatewayListener)
  /// To the gateway, before the first socket: who it speaks for.
  case identity(identifier: String, version: String)
  /// To the gateway: send what is to be sent and end.
  case finish
  /// To PID 1, with one end of a stream: one more client of the control socket, who will send one
  /// line and be answered, and then hang up.
  case request
}

/// A socket of `[unix_http_server]` or `[inet_http_server]`.
package struct GatewayListener: Sendable, Equatable {
  /// The path, or `host:port`.
  package var name: String
  package var isUnix: Bool
  /// Empty: nobody is asked for a password.
  package var username: String
  /// As it is written in the configuration: plain, or `{SHA}` and a digest.
  package var password: String

  package init(name: String, isUnix: Bool, username: String = "", password: String = "") {
    self.name = name
    self.isUnix = isUnix
    self.username = username
    self.password = password
  }
}
