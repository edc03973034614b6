internal import Linux
internal import LoggerProtocol

/// Everything that is written to, each once, however many streams share it.
struct SinkTable {
  enum Place: Equatable {
    case file(Int)
    case outlet(Int)
  }

  private var files: [LogFile] = []
  private(set) var outlets: [Outlet] = []

  mutating func place(
    _ target: StreamDescription.Target, _ description: StreamDescription
  ) -> Place {
    switch target {
    case .file(let path):
      if let index = files.firstIndex(where: { $0.path == path }) { return .file(index) }
      files.append(LogFile(path, description))
      return .file(files.count - 1)
    case .descriptor(let number):
      if let index = outlets.firstIndex(where: { $0.descriptor == number }) {
        return .outlet(index)
      }
      outlets.append(Outlet(number))
      return .outlet(outlets.count - 1)
    }
  }

  mutating func prepare(_ place: Place) -> (path: String, error: Errno)? {
    guard case .file(let index) = place else { return nil }
    return files[index].prepare().map { (files[index].path, $0) }
  }

  /// The path and the error, the first time a file cannot be written.
  mutating func write(_ bytes: [UInt8], to place: Place) -> (path: String, error: Errno)? {
    switch place {
    case .outlet(let index):
      outlets[index].write(bytes)
      return nil
    case .file(let index):
      return files[index].write(bytes).map { (files[index].path, $0) }
    }
  }

  func isStuck(_ place: Place) -> Bool {
    guard case .outlet(let index) = place else { return false }
    return outlets[index].isStuck
  }

  mutating func flush(_ index: Int) { outlets[index].flush() }

  mutating func reopen() {
    for index in files.indices { files[index].reopen() }
  }
}
