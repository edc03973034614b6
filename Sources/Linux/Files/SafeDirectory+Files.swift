internal import CLinux

/// For whom a file is read that several users may have put where it is. It is read with the rights
/// that all these users have (`Placers.rights`), so that none of them gains anything by moving a
/// private file of another user there.
package enum SharedReader: Equatable {
  /// For processes of this user, with whose rights the file is read if the others do not suffice.
  case user(FileIdentity)
  /// For processes of any user.
  case all
}

/// Opening what a name in a directory means.
extension SafeDirectory {
  package struct Opened {
    /// The caller's from now on.
    package var descriptor: Int32
    package var status: FileStatus
    /// It did not exist before.
    package var isNew: Bool
  }

  /// A user who changes the name between two looks at it delays the call only so many times.
  private static let maxAttempts = 16

  /// Opens what has that name, never through a link and without waiting for the other end of a
  /// FIFO. Where `mode` is given it is made if it does not exist (with the process's umask).
  ///
  /// A file that an unprivileged user other than `writer` has made, where any user may, is not
  /// written to: that user decides who reads it. The same holds for a FIFO of such a user anywhere
  /// outside directories of root: its owner can discard what is written or block the writer.
  ///
  /// `reader` says for whom a file is read that several users may have put there. Without it, the
  /// file is read with the rights of the directory's user, and a file of root with one name with
  /// root's rights: for a caller that does not disclose the contents, or only to the user who
  /// started this process.
  ///
  /// `writer` is the user whose bytes are written; nil: nothing is written. See `mayWrite`.
  ///
  /// The file is not emptied: the caller does so by its descriptor, once it is content with it.
  package func open(
    _ name: String, _ flags: OpenFlags, creating mode: UInt32? = nil,
    for writer: FileIdentity? = .supervisor, as reader: SharedReader? = nil
  ) throws(PathProblem) -> Opened {
    var last = PathProblem.system(.busy)
    for _ in 0..<SafeDirectory.maxAttempts {
      do throws(PathProblem) {
        if let status = try status(name) {
          return try openExisting(name, flags, status, for: writer, as: reader)
        }
        guard let mode else { throw PathProblem.system(.notFound) }
        return try create(name, flags, mode: mode)
      } catch {
        // It was made, removed or replaced meanwhile.
        let isMissing = error == .system(.notFound) && mode != nil
        guard isMissing || error == .system(.exists) || error == .system(.tooManyLinks) else {
          throw error
        }
        last = error
      }
    }
    throw last
  }

  /// A file that did not exist. Throws EEXIST. With `asSupervisor` it is root's, also in the
  /// directory of a user: a name that does not exist yet leads nowhere else.
  package func create(
    _ name: String, _ flags: OpenFlags, mode: UInt32, asSupervisor: Bool = false
  ) throws(PathProblem) -> Opened {
    let asSupervisor = asSupervisor && control != .misplaced
    let flags = flags.union([.create, .exclusive, .nonBlocking])
    let create: () throws(Errno) -> Int32 = { () throws(Errno) in
      try checked(unsafe clinux_open_at(self.raw, name.systemName, flags.rawValue, mode))
    }
    let opened: Int32
    if asSupervisor {
      do throws(Errno) { opened = try FileIdentity.supervisor.perform(create) } catch {
        throw .system(error)
      }
    } else {
      opened = try act(on: name, create)
    }
    return try SafeDirectory.adopt(opened, isNew: true)
  }

  /// Opens a regular file for reading with root's rights, also in a directory of another user: only
  /// for a caller that discloses nothing that the file holds. A file with several names (hard
  /// links) in a place that other users may change is refused, because it may be another user's.
  /// Throws EINVAL for such a file and for what is not a regular file.
  package func openUndisclosed(_ name: String) throws(PathProblem) -> Opened {
    guard try status(name)?.kind == .regular else { throw .system(.notRegular) }
    let opened: Int32
    do throws(Errno) {
      opened = try FileIdentity.supervisor.perform { () throws(Errno) in
        let flags = OpenFlags([.read, .nonBlocking]).rawValue
        return try checked(unsafe clinux_open_at(raw, name.systemName, flags, 0))
      }
    } catch {
      throw .system(error)
    }
    let file = try SafeDirectory.adopt(opened, isNew: false)
    guard file.status.kind == .regular, file.status.links == 1 || control == .trusted && !isTainted
    else {
      closeDescriptor(opened)
      throw .system(.notRegular)
    }
    return file
  }

  /// A descriptor that only stands for the object (O_PATH): for its owner and mode.
  package func place(_ name: String, isDirectory: Bool) throws(PathProblem) -> Opened {
    let opened: Int32
    do throws(Errno) {
      opened = try checked(
        unsafe clinux_open_place(raw, name.systemName, isDirectory ? 1 : 0))
    } catch {
      throw .system(error)
    }
    return try SafeDirectory.adopt(opened, isNew: false)
  }

  private func openExisting(
    _ name: String, _ flags: OpenFlags, _ seen: FileStatus, for writer: FileIdentity?,
    as reader: SharedReader?
  ) throws(PathProblem) -> Opened {
    let reads = flags.isDisjoint(with: [.write, .readWrite])
    let trusted = reads ? seen.user : writer?.user
    let reader = reads ? reader : nil
    let isMount = !reads && isMount(name)
    let actor =
      isMount ? .supervisor : try check(seen, name, reads: reads, trusting: trusted, as: reader)
    let flags = flags.subtracting([.create, .exclusive, .truncate]).union(.nonBlocking)
    let opened: Int32
    do throws(Errno) {
      opened = try actor.perform { () throws(Errno) in
        try checked(unsafe clinux_open_at(raw, name.systemName, flags.rawValue, 0))
      }
    } catch {
      // A FIFO without a reader has taken the place of the file.
      if error == .noSuchDevice, seen.kind != .pipe { throw .system(.exists) }
      guard error == .accessDenied, actor != .supervisor else { throw .system(error) }
      throw .refused(denial(of: name, seen, to: actor, isReader: reader != nil))
    }
    let file = try SafeDirectory.adopt(opened, isNew: false)
    if isMount, unsafe clinux_is_mount(opened, "".systemName) > 0 { return file }
    do throws(PathProblem) {
      // What was opened may not be what was seen.
      guard try check(file.status, name, reads: reads, trusting: trusted, as: reader) == actor
      else {
        throw PathProblem.system(.exists)
      }
      guard reads || mayWrite(file, for: writer) else {
        throw PathProblem.refused(PathRefusal(path(of: name), owner: file.status.user, .unmarked))
      }
      return file
    } catch {
      closeDescriptor(opened)
      throw error
    }
  }

  private func denial(
    of name: String, _ status: FileStatus, to actor: FileIdentity, isReader: Bool
  ) -> PathRefusal {
    if isReader, actor != identity {
      return PathRefusal(path(of: name), owner: status.user, .unreadable(by: actor))
    }
    let reason = actor == .nobody ? lackOfRights : nil
    return PathRefusal(path(of: name), owner: owner, reason ?? .beyondRights(of: actor.user))
  }

  private static func adopt(_ opened: Int32, isNew: Bool) throws(PathProblem) -> Opened {
    do throws(Errno) {
      return Opened(descriptor: opened, status: try fileStatus(of: opened), isNew: isNew)
    } catch {
      closeDescriptor(opened)
      throw .system(error)
    }
  }

  /// The identity with which this object may be opened. What a user may read may be read with that
  /// user's rights, whoever owns it.
  private func check(
    _ status: FileStatus, _ name: String, reads: Bool, trusting user: UInt32?,
    as reader: SharedReader?
  ) throws(PathProblem) -> FileIdentity {
    guard FileIdentity.isPrivileged else { return .supervisor }
    func refusal(_ reason: PathRefusal.Reason) -> PathProblem {
      .refused(PathRefusal(path(of: name), owner: status.user, reason))
    }
    if status.kind == .link { throw refusal(.link) }
    if case .user(let user) = control {
      let isAllowed = user.user == status.user || (reads && Trust.includes(status.user))
      guard isAllowed else { throw refusal(.ownerDiffers(from: user.user)) }
    } else if control == .trusted, !isTainted {
      return .supervisor
    }
    guard status.kind == .regular || status.kind == .pipe else { throw refusal(.notRegular) }
    let mayBlock = status.kind == .pipe && !reads
    guard !mayBlock || status.user == user || Trust.includes(status.user) else {
      throw refusal(.pipe)
    }
    if case .user(let user) = control, reader == nil || placers.areOnly(user.user) { return user }
    if let reader, control != .misplaced || !Trust.includes(status.user) {
      let identity = identity(reading: status, for: reader)
      guard status.links == 1 || identity.user == status.user else { throw refusal(.hardLink) }
      return identity
    }
    guard Trust.includes(status.user) else {
      guard status.user == user else { throw refusal(.foreign) }
      return .of(status.user, directoryGroup: status.group)
    }
    if control == .misplaced {
      guard reads else { throw refusal(.misplaced) }
      return .nobody
    }
    guard status.links == 1 else { throw refusal(.hardLink) }
    return .supervisor
  }

  private func identity(reading status: FileStatus, for reader: SharedReader) -> FileIdentity {
    let common = placers.rights(to: status)
    guard case .user(let user) = reader, control != .misplaced, !common.mayRead(status) else {
      return common
    }
    return user
  }

  /// Whether root has mounted a regular file over the name: only root can mount, and rename(2)
  /// moves no mount.
  private func isMount(_ name: String) -> Bool {
    guard FileIdentity.isPrivileged, placers != .none,
      unsafe clinux_is_mount(raw, name.systemName) > 0
    else { return false }
    return (try? status(name))??.kind == .regular
  }

  /// A regular file may be a private file that other users have moved. So it is written to only if
  /// it belongs to the writer, if the writer or all these users have the right to write to it
  /// anyway, or if it was marked. The rights of root as the writer do not count: what root writes
  /// here comes from programs of several users, or from clients of a program.
  private func mayWrite(_ file: Opened, for writer: FileIdentity?) -> Bool {
    guard FileIdentity.isPrivileged, let writer, file.status.kind == .regular else { return true }
    var status = file.status
    if status.isMarked { return true }
    // An access list may deny what the bits allow: acl(5).
    if clinux_has_access_list(file.descriptor) != 0 { status.mode &= ~0o077 }
    let mayWriterWrite =
      writer.user != 0 && (status.user == writer.user || writer.mayWrite(status))
    return mayWriterWrite || placers.rights(to: status).mayWrite(status)
  }

  /// Whether a file that has been opened for writing may be emptied. A file that only its writer
  /// may write to may have been moved here by another user.
  package func mayEmpty(_ file: Opened) -> Bool {
    let isMount = unsafe clinux_is_mount(file.descriptor, "".systemName) > 0
    return isMount || mayWrite(file, for: .supervisor)
  }

  /// Marks a new log where other users may have put a file, so that it is known when it is opened
  /// again. False: it will be refused then, because the file system cannot store the mark.
  package func mark(_ file: Opened, for writer: FileIdentity) -> Bool {
    guard FileIdentity.isPrivileged, !placers.areOnly(file.status.user) else { return true }
    var marked = file
    do throws(Errno) {
      try identity.perform { () throws(Errno) in
        try changeMode(of: file.descriptor, file.status.mode | FileStatus.mark)
      }
      marked.status = try fileStatus(of: file.descriptor)
    } catch {}
    return mayWrite(marked, for: writer)
  }
}

/// fchownat(2) of an open file, also of one that was opened by `SafeDirectory.place`.
package func changeOwner(ofPlace raw: Int32, user: UInt32, group: UInt32) throws(Errno) {
  _ = try checked(clinux_own_place(raw, user, group))
}

/// chmod(2) of an open file, also of one that was opened by `SafeDirectory.place`.
package func changeMode(ofPlace raw: Int32, _ mode: UInt32) throws(Errno) {
  _ = try checked(clinux_set_mode_of_place(raw, mode))
}
