internal import Linux
package import ProgramSpec

extension Surroundings {
  /// This machine, as it answers the reader of configurations. Relative paths are taken from
  /// `directory`, wherever the process goes later.
  package static func real(
    calledAs: CalledAs, startedIn directory: String = Linux.currentDirectory()
  ) -> Surroundings {
    var surroundings = Surroundings()
    for entry in ThisProcess.environment {
      guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(entry[..<equals])
      surroundings.environment[name] = String(entry[entry.utf8.index(after: equals)...])
    }
    surroundings.hostName = ThisProcess.hostName
    surroundings.processors = availableProcessors()
    surroundings.currentDirectory = directory
    surroundings.calledAs = calledAs
    surroundings.readFile = { path in
      let place = path.hasPrefix("/") ? path : "\(directory)/\(path)"
      do throws(Errno) { return .success(try Linux.readFile(place)) } catch {
        return .failure(FileProblem(error))
      }
    }
    surroundings.readSmallFile = { path, user in
      let place = path.hasPrefix("/") ? path : "\(directory)/\(path)"
      do throws(PathProblem) {
        let reader = user.map { SharedReader.user(.init(user: $0.user, group: $0.group)) }
        let file = try SafePath.readWithWriters(place, limit: 1 << 20, for: reader ?? .all)
        return .success(.init(file.bytes, writers: .init(file.writers)))
      } catch {
        return .failure(FileProblem(error))
      }
    }
    surroundings.credentials = Credentials(
      user: ThisProcess.effectiveUser, group: ThisProcess.effectiveGroup,
      supplementaryGroups: ThisProcess.groups)
    surroundings.credentials.mayChangeUser = ThisProcess.mayChangeUser
    surroundings.credentials.mayChangeGroups = ThisProcess.mayChangeGroups
    surroundings.matches = { matchingPaths($0) }
    surroundings.isDirectory = { (try? fileStatus($0))?.kind == .directory }
    surroundings.fileFacts = { path in
      guard let status = try? fileStatus(path, followingLinks: false) else { return nil }
      return FileFacts(
        user: status.user, group: status.group, mode: status.mode,
        target: status.kind == .link ? try? linkTarget(path) : nil)
    }
    let searchPath = ThisProcess.searchPath
    surroundings.hasCommand = { name in
      guard case .success = findExecutable(name, searchPath: searchPath) else { return false }
      return true
    }
    surroundings.command = { name, path in
      findExecutable(name, searchPath: path).mapError(CommandProblem.init)
    }
    surroundings.readAccounts()
    return surroundings
  }

  private mutating func readAccounts() {
    let book = AccountBook()
    userNamed = { name in book.accounts.user(named: name).map { User($0, book.accounts) } }
    userNumbered = { number in
      book.accounts.user(numbered: number).map { User($0, book.accounts) }
    }
    groupNamed = { book.accounts.group(named: $0)?.group }
  }
}

/// The accounts of this machine, read again when somebody has changed them: a configuration that is
/// read later may name users that have come since.
private final class AccountBook {
  private var known: Accounts?
  private var stamps: [FileStatus?] = []

  /// Read when they are first needed: after a reload PID 1 may need none of them.
  var accounts: Accounts {
    let now = AccountBook.stamps()
    if let known, now == stamps { return known }
    let read = Accounts.read()
    (known, stamps) = (read, now)
    return read
  }

  private static func stamps() -> [FileStatus?] {
    ["/etc/passwd", "/etc/group"].map { try? fileStatus($0) }
  }
}

extension Surroundings.SmallFile.Writers {
  fileprivate init(_ writers: FileWriters) {
    self =
      switch writers {
      case .root: .root
      case .groupOfRoot: .groupOfRoot
      case .users: .users
      }
  }
}

extension Surroundings.User {
  fileprivate init(_ user: Accounts.User, _ accounts: Accounts) {
    self.init(
      name: user.name, user: user.user, group: user.group, groups: accounts.groups(of: user),
      home: user.home, shell: user.shell)
  }
}

extension CommandProblem {
  fileprivate init(_ problem: ExecutableProblem) {
    switch problem {
    case .notFound: self = .notFound
    case .isDirectory: self = .isDirectory
    case .notExecutable: self = .notExecutable
    case .notPermitted: self = .notPermitted
    }
  }
}

extension FileProblem {
  fileprivate init(_ problem: PathProblem) {
    switch problem {
    case .system(let error): self.init(error)
    case .refused(let refusal): self = .other(refusal.message)
    }
  }

  fileprivate init(_ error: Errno) {
    switch error {
    case .notFound, .notDirectory: self = .notFound
    case .isDirectory: self = .isDirectory
    case .accessDenied, .notPermitted: self = .notPermitted
    case .tooLarge: self = .tooLarge
    case .notRegular: self = .other("it is no regular file")
    default: self = .other(error.message)
    }
  }
}
