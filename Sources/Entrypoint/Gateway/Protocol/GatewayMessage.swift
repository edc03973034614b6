/// What PID 1 and its gateway say to each other, one record of a SOCK_SEQPACKET channel each.
///
/// A stream that comes with `stream` carries one line of words, and back JSON lines to the one
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
  /// To the gateway, before the first socket.
  case identity(GatewayIdentity)
  /// To the gateway: send what is to be sent and end.
  case finish
  /// To PID 1: one more client of the control socket, which sends one line, is answered, and hangs
  /// up. PID 1 answers with the stream: it takes no descriptor that the gateway has made, since
  /// closing such a descriptor may wait.
  case request(GatewayOrigin, number: UInt64)
  /// To the gateway, with one end of the stream for this request.
  case stream(number: UInt64)
  /// To the gateway: there is no stream for this request, because descriptors are short.
  case noStream(number: UInt64)
  /// To PID 1, for the main log and the journal.
  case report(GatewayReport)
}

/// The supervisor that the gateway speaks for.
package struct GatewayIdentity: Sendable, Equatable {
  package var identifier: String
  package var version: String
  /// uname(2)'s node name: the name of the container.
  package var hostName: String
  /// PID 1 was started under the name `supervisord`.
  package var isSupervisord: Bool

  package init(identifier: String, version: String, hostName: String, isSupervisord: Bool) {
    self.identifier = identifier
    self.version = version
    self.hostName = hostName
    self.isSupervisord = isSupervisord
  }
}

/// A socket of `[unix_http_server]` or `[inet_http_server]`.
package struct GatewayListener: Sendable, Equatable {
  /// What `username` and `password` say.
  package struct Login: Sendable, Equatable {
    package var username: String
    /// As it is written in the configuration: plain, or `{SHA}` and a digest.
    package var password: String

    package init(username: String, password: String) {
      self.username = username
      self.password = password
    }
  }

  /// The path, or `host:port`.
  package var name: String
  package var isUnix: Bool
  /// nil: clients need no password.
  package var login: Login?
  /// `allowed_hosts`, in lower case.
  package var allowedHosts: [String] = []

  package init(name: String, isUnix: Bool, login: Login? = nil) {
    self.name = name
    self.isUnix = isUnix
    self.login = login
  }
}

/// The client of the gateway that sent a request.
package struct GatewayOrigin: Sendable, Equatable {
  package enum Peer: Sendable, Equatable {
    /// The IP address of a TCP connection, without its port.
    case address(String)
    /// The uid at the other end of a unix(7) socket, which the kernel vouches for.
    case user(UInt32)
  }

  package var peer: Peer
  /// The user name that the client has proved; nil on a server without a password.
  package var username: String?

  package init(peer: Peer, username: String? = nil) {
    self.peer = peer
    self.username = username
  }
}

/// What PID 1 writes to the main log about a client of the gateway.
package struct GatewayReport: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// A wrong user name or password. The text is the user name that was sent.
    case failedLogin
    /// A change with a `Host` that a server without a password does not accept. The text is the
    /// value of the `Host` field.
    case refusedHost
  }

  package var kind: Kind
  package var peer: GatewayOrigin.Peer
  package var text: String
  /// Cases of this kind from this peer since the last report that were not reported one by one.
  package var repetitions: Int

  package init(kind: Kind, peer: GatewayOrigin.Peer, text: String, repetitions: Int) {
    self.kind = kind
    self.peer = peer
    self.text = text
    self.repetitions = repetitions
  }
}
