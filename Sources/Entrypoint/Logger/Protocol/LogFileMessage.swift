/// What PID 1 has the logger do with log files: PID 1 itself opens no path that a program may
/// control, where a FIFO or a dead network disk would hold it up.
package enum LogFileMessage: Sendable, Equatable {
  /// To the logger: open a regular file for reading, pass its descriptor with an empty line on the
  /// stream that comes with this message, and answer with `opened` and the same number. PID 1
  /// itself gets no such descriptor, whose close(2) may wait for a file server.
  case open(path: String, reader: LogReader, request: UInt32)
  /// To PID 1: the answer to `open`. The error, an errno(3), is zero where the descriptor has been
  /// passed.
  case opened(request: UInt32, error: Int32)
  /// To the logger: remove the file of a program that has never run, and answer with
  /// `LoggerMessage.cleared`.
  case remove(path: String, request: UInt32)
  /// To the logger: remove the AUTO files of earlier runs in this directory.
  case removeAutomatic(directory: String, identifier: String)
  /// To the logger: make an AUTO file.
  case makeAutomatic(path: String)
  /// To PID 1: a file that another user controls cannot be opened; its lines go to the container's
  /// stderr. The reason of a refusal names the component of the path and its owner.
  case refused(path: String, reason: String)
  /// To PID 1: a sentence for the main log.
  case warning(String)
  /// To PID 1: the logger has made the file at this path; nil: the file at the path is another one.
  /// To the next logger, before all else.
  case made(path: String, FileNumber?)

  func encode(into bytes: inout [UInt8]) {
    switch self {
    case .open(let path, let reader, let request):
      bytes.put(20, path, request)
      bytes.put(UInt64(reader.user))
      bytes.put(UInt64(reader.group))
    case .opened(let request, let error):
      bytes.append(21)
      bytes.put(UInt64(request))
      bytes.put(UInt64(UInt32(bitPattern: error)))
    case .remove(let path, let request): bytes.put(22, path, request)
    case .removeAutomatic(let directory, let identifier): bytes.put(23, directory, identifier)
    case .makeAutomatic(let path):
      bytes.append(24)
      bytes.put(path)
    case .refused(let path, let reason): bytes.put(25, path, reason)
    case .warning(let text):
      bytes.append(26)
      bytes.put(text)
    case .made(let path, let number):
      bytes.append(27)
      bytes.put(path)
      guard let number else { return }
      bytes.put(number.device)
      bytes.put(number.inode)
    }
  }

  init?(kind: UInt8, _ cursor: inout RecordCursor) {
    switch kind {
    case 20:
      guard let path = cursor.text(), let request = cursor.small(), let user = cursor.small(),
        let group = cursor.small()
      else { return nil }
      self = .open(path: path, reader: LogReader(user: user, group: group), request: request)
    case 22:
      guard let path = cursor.text(), let request = cursor.small() else { return nil }
      self = .remove(path: path, request: request)
    case 21:
      guard let request = cursor.small(), let error = cursor.small() else { return nil }
      self = .opened(request: request, error: Int32(bitPattern: error))
    case 23, 25:
      guard let first = cursor.text(), let second = cursor.text() else { return nil }
      self =
        kind == 23
        ? .removeAutomatic(directory: first, identifier: second)
        : .refused(path: first, reason: second)
    case 24, 26:
      guard let text = cursor.text() else { return nil }
      self = kind == 24 ? .makeAutomatic(path: text) : .warning(text)
    case 27:
      guard let path = cursor.text() else { return nil }
      if cursor.isAtEnd {
        self = .made(path: path, nil)
      } else {
        guard let device = cursor.number(), let inode = cursor.number() else { return nil }
        self = .made(path: path, FileNumber(device: device, inode: inode))
      }
    default: return nil
    }
  }
}

/// Which file it is, whatever its name: stat(2).
package struct FileNumber: Sendable, Equatable {
  package var device: UInt64
  package var inode: UInt64

  package init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

/// As whom a log is read where users may have put another file in its place: the user and the group
/// of its program.
package struct LogReader: Sendable, Equatable {
  package var user: UInt32
  package var group: UInt32

  package init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }
}

extension [UInt8] {
  fileprivate mutating func put(_ kind: UInt8, _ path: String, _ request: UInt32) {
    append(kind)
    put(path)
    put(UInt64(request))
  }

  fileprivate mutating func put(_ kind: UInt8, _ first: String, _ second: String) {
    append(kind)
    put(first)
    put(second)
  }
}
