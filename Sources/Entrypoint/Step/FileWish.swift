internal import Linux

/// Which file, perhaps with a line, and what is wrong with it.
struct StepFailure: Error {
  var place: String
  var message: String
  /// The kernel refused a call for want of a right (EACCES, EPERM).
  private(set) var isLackOfRights = false

  init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }

  init(_ place: String, _ error: Errno, _ explanation: String = "") {
    self.init(place, error.message + explanation)
    isLackOfRights = error == .accessDenied || error == .notPermitted
  }

  /// A refusal is about the component that it names, anything else about the path.
  static func trying<Value>(
    _ path: String, _ body: () throws(PathProblem) -> Value
  ) throws(StepFailure) -> Value {
    do throws(PathProblem) { return try body() } catch { throw StepFailure(path, error) }
  }

  init(_ path: String, _ problem: PathProblem) {
    switch problem {
    case .refused(let refusal): self.init(refusal.component, refusal.reasonText)
    case .system(.tooManyLinks):
      self.init(path, "it is a link, which is not followed: write the path that it leads to")
    case .system(let error): self.init(path, error)
    }
  }
}

/// Owner and mode that a file is to have; nil: whatever it has.
struct FileWish {
  var user: UInt32?
  var group: UInt32?
  var mode: UInt32?

  init(user: String, group: String, mode: String) {
    self.user = UInt32(user)
    self.group = UInt32(group)
    self.mode = UInt32(mode, radix: 8)
  }

  /// The mode of a directory makes files executable.
  var withoutMode: FileWish {
    var wish = self
    wish.mode = nil
    return wish
  }

  var isEmpty: Bool { user == nil && group == nil && mode == nil }

  /// By descriptor, also one that only stands for the file. What is right already is not changed,
  /// for which the rights may be missing.
  func apply(to raw: Int32, _ path: @autoclosure () -> String) throws(StepFailure) {
    do throws(Errno) { try apply(to: raw) } catch {
      throw StepFailure(path(), error, whatWasWanted(of: raw))
    }
  }

  /// Whose the file is, and what was refused.
  private func whatWasWanted(of raw: Int32) -> String {
    guard let status = try? fileStatus(of: raw) else { return "" }
    let own = FileIdentity.ofThisProcess.user
    if let user, user != status.user {
      return "; it belongs to uid \(status.user) and cannot be given to uid \(user) by uid \(own)"
    }
    guard let mode, mode != status.mode else { return "" }
    let (former, wanted) = (String(status.mode, radix: 8), String(mode, radix: 8))
    return "; it belongs to uid \(status.user), and uid \(own) cannot change its mode from "
      + "0\(former) to 0\(wanted)"
  }

  /// The mode of an own file comes first, because root without CAP_FOWNER cannot change that of
  /// another user's file. The set-ID bits of a file come last, because chown(2) clears them, and
  /// because they are not meant for the former owner.
  func apply(to raw: Int32) throws(Errno) {
    let status = try fileStatus(of: raw)
    let owner = (user: user ?? status.user, group: group ?? status.group)
    if owner.user != status.user || owner.group != status.group {
      let early = status.kind == .directory ? mode : mode.map { $0 & 0o1777 }
      if let early, status.mode != early, status.user == FileIdentity.ofThisProcess.user {
        try changeMode(ofPlace: raw, early)
      }
      try changeOwner(ofPlace: raw, user: owner.user, group: owner.group)
    }
    if let mode, try fileStatus(of: raw).mode != mode { try changeMode(ofPlace: raw, mode) }
  }
}
