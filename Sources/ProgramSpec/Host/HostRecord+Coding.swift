/// A record as bytes, for a file that two processes of the same binary share: a mark, then one
/// entry after the other. Numbers have four bytes, the lowest first; texts and lists are preceded
/// by their length.
extension HostRecord {
  private static let mark = Array("entrypoint host record 1\n".utf8)

  package var encoded: [UInt8] {
    var bytes = HostRecord.mark
    for query in queries {
      guard let answer = self[query] else { continue }
      bytes.append(query)
      bytes.append(answer)
    }
    return bytes
  }

  /// nil for what is no record, or not the whole of one.
  package init?(encoded bytes: [UInt8]) {
    guard bytes.starts(with: HostRecord.mark) else { return nil }
    self.init()
    var reader = RecordReader(bytes[HostRecord.mark.count...])
    while !reader.isAtEnd {
      guard let query = reader.query(), let answer = reader.answer() else { return nil }
      self[query] = answer
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: UInt32) {
    for shift in [0, 8, 16, 24] as [UInt32] {
      append(contentsOf: [UInt8(truncatingIfNeeded: number >> shift)])
    }
  }

  fileprivate mutating func append(bytes: some Collection<UInt8>) {
    append(number: UInt32(clamping: bytes.count))
    append(contentsOf: bytes)
  }

  fileprivate mutating func append(_ text: String) { append(bytes: text.utf8) }

  fileprivate mutating func append(tag: UInt8, _ texts: String...) {
    append(contentsOf: [tag])
    for text in texts { append(text) }
  }

  fileprivate mutating func append(_ query: HostQuery) {
    switch query {
    case .configurationPath: append(tag: 0)
    case .hostName: append(tag: 1)
    case .processors: append(tag: 2)
    case .file(let path): append(tag: 3, path)
    case .smallFile(let path, nil): append(tag: 4, path)
    case .smallFile(let path, let reader?):
      append(tag: 12, path)
      append(number: reader.user)
      append(number: reader.group)
    case .matches(let pattern): append(tag: 5, pattern)
    case .isDirectory(let path): append(tag: 6, path)
    case .hasCommand(let name): append(tag: 7, name)
    case .userNamed(let name): append(tag: 8, name)
    case .groupNamed(let name): append(tag: 9, name)
    case .command(let name, let path): append(tag: 10, name, path)
    case .userNumbered(let number):
      append(tag: 11)
      append(number: number)
    }
  }

  fileprivate mutating func append(_ answer: HostAnswer) {
    switch answer {
    case .missing: append(tag: 0)
    case .text(let text): append(tag: 1, text)
    case .number(let number):
      append(tag: 2)
      append(number: number)
    case .truth(let value): append(contentsOf: [3, value ? 1 : 0])
    case .paths(let paths):
      append(tag: 4)
      append(number: UInt32(clamping: paths.count))
      for path in paths { append(path) }
    case .contents(let bytes):
      append(tag: 5)
      append(bytes: bytes)
    case .smallFile(let file):
      append(contentsOf: [10, file.writers.rawValue])
      append(bytes: file.bytes)
    case .unreadable(let problem): append(problem)
    case .user(let user): append(user)
    case .noCommand(let problem): append(contentsOf: [8, problem.rawValue])
    }
  }

  private mutating func append(_ problem: FileProblem) {
    append(tag: 6)
    switch problem {
    case .notFound: append(tag: 0)
    case .isDirectory: append(tag: 1)
    case .notPermitted: append(tag: 2)
    case .tooLarge: append(tag: 3)
    case .other(let text): append(tag: 4, text)
    }
  }

  private mutating func append(_ user: Surroundings.User) {
    append(tag: 7, user.name, user.home, user.shell)
    append(number: user.user)
    append(number: user.group)
    append(number: UInt32(clamping: user.groups.count))
    for group in user.groups { append(number: group) }
  }
}

/// Takes a record apart; everything is nil that its bytes do not hold.
private struct RecordReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  private mutating func byte() -> UInt8? { rest.popFirst() }

  private mutating func number() -> UInt32? {
    guard rest.count >= 4 else { return nil }
    var number: UInt32 = 0
    for byte in rest.prefix(4).reversed() { number = number << 8 | UInt32(byte) }
    rest = rest.dropFirst(4)
    return number
  }

  private mutating func bytes() -> [UInt8]? {
    guard let count = number(), rest.count >= Int(count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return Array(rest.prefix(Int(count)))
  }

  private mutating func text() -> String? { bytes().map { String(decoding: $0, as: UTF8.self) } }

  mutating func query() -> HostQuery? {
    switch byte() {
    case 0: .configurationPath
    case 1: .hostName
    case 2: .processors
    case 3: text().map { .file($0) }
    case 4: text().map { .smallFile($0, nil) }
    case 5: text().map { .matches($0) }
    case 6: text().map { .isDirectory($0) }
    case 7: text().map { .hasCommand($0) }
    case 8: text().map { .userNamed($0) }
    case 9: text().map { .groupNamed($0) }
    case 10: command()
    case 11: number().map { .userNumbered($0) }
    case 12: smallFileForReader()
    default: nil
    }
  }

  private mutating func command() -> HostQuery? {
    guard let name = text(), let path = text() else { return nil }
    return .command(name, searchPath: path)
  }

  mutating func answer() -> HostAnswer? {
    switch byte() {
    case 0: .missing
    case 1: text().map { .text($0) }
    case 2: number().map { .number($0) }
    case 3: byte().map { .truth($0 != 0) }
    case 4: list { $0.text() }.map { .paths($0) }
    case 5: bytes().map { .contents($0) }
    case 6: problem().map { .unreadable($0) }
    case 7: user().map { .user($0) }
    case 8: byte().flatMap(CommandProblem.init(rawValue:)).map { .noCommand($0) }
    case 10: smallFile().map { .smallFile($0) }
    default: nil
    }
  }

  private mutating func smallFileForReader() -> HostQuery? {
    guard let path = text(), let user = number(), let group = number() else { return nil }
    return .smallFile(path, .init(user: user, group: group))
  }

  private mutating func smallFile() -> Surroundings.SmallFile? {
    guard let writers = byte().flatMap(Surroundings.SmallFile.Writers.init(rawValue:)),
      let contents = bytes()
    else { return nil }
    return .init(contents, writers: writers)
  }

  private mutating func problem() -> FileProblem? {
    switch byte() {
    case 0: .notFound
    case 1: .isDirectory
    case 2: .notPermitted
    case 3: .tooLarge
    case 4: text().map { .other($0) }
    default: nil
    }
  }

  private mutating func user() -> Surroundings.User? {
    guard let name = text(), let home = text(), let shell = text(), let user = number(),
      let group = number(), let groups = list({ $0.number() })
    else { return nil }
    return .init(
      name: name, user: user, group: group, groups: groups, home: home, shell: shell)
  }

  private mutating func list<Element>(
    _ element: (inout RecordReader) -> Element?
  ) -> [Element]? {
    guard let count = number() else { return nil }
    var list: [Element] = []
    for _ in 0..<count {
      guard let next = element(&self) else { return nil }
      list.append(next)
    }
    return list
  }
}
