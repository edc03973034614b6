import Glibc
import Testing

@testable import Linux

/// capget(2) and capset(2), which the C library has without a declaration. The sets are effective,
/// permitted and inheritable, twice.
@_silgen_name("capget") private func capget(
  _ header: UnsafeMutablePointer<UInt32>, _ sets: UnsafeMutablePointer<UInt32>
) -> Int32
@_silgen_name("capset") private func capset(
  _ header: UnsafeMutablePointer<UInt32>, _ sets: UnsafePointer<UInt32>
) -> Int32

/// setfsuid(2), whose header the Glibc module leaves out.
@_silgen_name("setfsuid") @discardableResult private func setfsuid(_ uid: uid_t) -> Int32

/// A directory of its own for each test, below /tmp, which is sticky. Only root can make files of
/// other users, so these tests need root. Serialized, since an identity is remembered for the whole
/// process, which has one thread in the product.
@Suite(.serialized, .enabled(if: geteuid() == 0)) final class SafePathTests {
  let root: String
  let www: UInt32 = 33

  init() throws {
    root = "/tmp/safe-path-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    try makeDirectory(root, mode: 0o755)
    try makeDirectory("\(root)/www", mode: 0o755)
    #expect(unsafe chown("\(root)/www", 33, 33) == 0)
    try write("secret", to: "\(root)/victim", mode: 0o600)
  }

  deinit { _ = system("rm -rf \(root)") }

  private func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
    let file = Descriptor(adopting: try openFile(path, [.write, .create], mode: mode))
    try writeAll(file.raw, Array(text.utf8))
  }

  private func link(_ path: String, to target: String, user: UInt32 = 0) throws {
    #expect(symlink(target, path) == 0)
    #expect(lchown(path, user, user) == 0)
  }

  func refusal(
    _ path: String, _ flags: OpenFlags = .write, creating mode: UInt32? = 0o644
  ) -> PathRefusal? {
    do throws(PathProblem) {
      closeDescriptor(try SafePath.open(path, flags, creating: mode).descriptor)
      return nil
    } catch {
      guard case .refused(let refusal) = error else { return nil }
      return refusal
    }
  }

  @Test func linksOfRootAreFollowedWhereOnlyRootCanReplaceThem() throws {
    try link("\(root)/link", to: "victim")
    try link("\(root)/chain", to: "\(root)/link")
    let opened = try SafePath.open("\(root)/chain", .read)
    defer { closeDescriptor(opened.descriptor) }
    #expect(try fileStatus("\(root)/victim").inode == opened.status.inode)
    try link("\(root)/www/link", to: "\(root)/victim")
    #expect(
      refusal("\(root)/www/link")
        == PathRefusal("\(root)/www/link", owner: 0, .linkInDirectory(of: 33)))
  }

  @Test func linksOfOthersAreRefusedWhereverTheyAre() throws {
    for place in [root, "\(root)/www"] {
      try link("\(place)/last", to: "\(root)/victim", user: 33)
      try link("\(place)/middle", to: root, user: 33)
      #expect(refusal("\(place)/last") == PathRefusal("\(place)/last", owner: 33, .link))
      #expect(
        refusal("\(place)/middle/victim") == PathRefusal("\(place)/middle", owner: 33, .link))
    }
  }

  /// The kernel sees a slash before a combining mark, so each of these names is a component.
  @Test func aCombiningMarkAfterASlashDoesNotHideALink() throws {
    try write("secret", to: "\(root)/\u{301}victim", mode: 0o600)
    try link("\(root)/\u{301}middle", to: root, user: 33)
    let middle = "\(root)/\u{301}middle"
    #expect(refusal("\(middle)/\u{301}victim") == PathRefusal(middle, owner: 33, .link))
    #expect(try SafePath.read("\(root)/\u{301}victim") == Array("secret".utf8))
    let (directory, name) = try SafePath.parent(of: "\(root)/\u{301}victim")
    #expect(name == "\u{301}victim" && directory.path == root)
  }

  @Test func theNamesOfTheContainersDescriptorsAreNeverOpened() throws {
    try link("\(root)/www/out", to: "/dev/stdout", user: 33)
    try link("\(root)/error", to: "/proc/1/fd/2")
    try link("\(root)/fd", to: "../../../dev/fd")
    for (path, number) in [
      ("/dev/stdout", Int32(1)), ("\(root)/www/out", 1), ("\(root)/error", 2),
      ("\(root)/www/../error", 2), ("/dev/../dev/stderr", 2), ("/dev/fd/7", 7),
    ] {
      guard case .descriptor(number, let isByUser) = try SafePath.resolve(path) else {
        Issue.record("\(path) is no descriptor")
        continue
      }
      #expect(isByUser == (path == "\(root)/www/out"))
    }
    // What programs cannot write to already is not for their users to choose.
    try link("\(root)/www/channel", to: "/proc/self/fd/3", user: 33)
    #expect(refusal("\(root)/www/channel")?.reason == .link)
  }

  @Test func aDirectoryOfAUserIsUsedWithTheRightsOfTheUser() throws {
    let made = try SafePath.open("\(root)/www/log", .write, creating: 0o640)
    defer { closeDescriptor(made.descriptor) }
    #expect(made.isNew)
    #expect((made.status.user, made.status.group) == (33, 33))
    #expect(ThisProcess.effectiveUser == 0)
    // Restored: a file of root's own.
    let own = try SafePath.open("\(root)/own", .write, creating: 0o640)
    defer { closeDescriptor(own.descriptor) }
    #expect((own.status.user, own.status.group) == (0, 0))
  }

  @Test func whatAnotherOwnsInADirectoryOfAUserIsRefused() throws {
    try write("", to: "\(root)/www/of-root")
    #expect(
      refusal("\(root)/www/of-root")
        == PathRefusal("\(root)/www/of-root", owner: 0, .ownerDiffers(from: 33)))
    // To read what all may read is no more than the user may do.
    #expect(refusal("\(root)/www/of-root", .read, creating: nil) == nil)
    #expect(chmod("\(root)/www/of-root", 0o600) == 0)
    #expect(
      refusal("\(root)/www/of-root", .read, creating: nil)?.reason == .beyondRights(of: 33))
    try makeDirectory("\(root)/www/other")
    #expect(unsafe chown("\(root)/www/other", 44, 44) == 0)
    #expect(
      refusal("\(root)/www/other/x")
        == PathRefusal("\(root)/www/other", owner: 44, .ownerDiffers(from: 33)))
    try makeDirectory("\(root)/www/of-root.d")
    #expect(
      refusal("\(root)/www/of-root.d/x")
        == PathRefusal("\(root)/www/of-root.d/x", owner: 0, .beyondRights(of: 33)))
  }

  @Test func furtherNamesOfAFileAreRefusedWhereOthersMayChangeTheDirectory() throws {
    #expect(Glibc.link("\(root)/victim", "\(root)/again") == 0)
    #expect(refusal("\(root)/again") == nil)
    #expect(chmod(root, 0o777) == 0)
    #expect(refusal("\(root)/again") == PathRefusal("\(root)/again", owner: 0, .hardLink))
    #expect(chmod(root, 0o1777) == 0)
    #expect(refusal("\(root)/again") == PathRefusal("\(root)/again", owner: 0, .hardLink))
  }

  @Test func dotsAndDoubledSlashes() throws {
    for path in ["\(root)//victim", "\(root)/./victim", "\(root)/www/../victim"] {
      closeDescriptor(try SafePath.open(path, .read).descriptor)
    }
    for path in ["", "\(root)/none/x", "\(root)/victim/x"] {
      #expect(throws: PathProblem.self) { try SafePath.open(path, .read) }
    }
    #expect(try SafePath.directory("/../..").path == "/")
    #expect(try SafePath.parent(of: "\(root)/www").name == "www")
    #expect(throws: PathProblem.system(.isDirectory)) { try SafePath.parent(of: "\(root)/..") }
  }

  @Test func linksWithoutAnEnd() throws {
    try link("\(root)/loop", to: "loop")
    #expect(refusal("\(root)/loop")?.reason == .tooManyLinks)
    try link("\(root)/0", to: "victim")
    for number in 1..<41 { try link("\(root)/\(number)", to: "\(number - 1)") }
    #expect(refusal("\(root)/39", .read) == nil)
    #expect(refusal("\(root)/40", .read)?.reason == .tooManyLinks)
  }

  @Test func theIdentityIsWholeAndIsRestored() throws {
    let groups: [gid_t] = [0, 4]
    #expect(setgroups(2, groups) == 0)
    defer { setgroups(0, nil) }
    let user = FileIdentity(user: 33, group: 33)
    #expect(throws: Errno.accessDenied) {
      try user.perform { () throws(Errno) in try openFile("\(root)/victim", .read) }
    }
    // Mode 0640 of group 4: no supplementary group is left.
    #expect(chmod("\(root)/victim", 0o640) == 0 && chown("\(root)/victim", 0, 4) == 0)
    #expect(throws: Errno.accessDenied) {
      try user.perform { () throws(Errno) in try openFile("\(root)/victim", .read) }
    }
    #expect(ThisProcess.groups == [0, 4])
    #expect(ThisProcess.mayChangeUser)
    closeDescriptor(try openFile("\(root)/victim", .read))
  }

  /// The kernel clears the capabilities for files only in a change from uid 0. A role may have
  /// another uid, and keeps capabilities.
  @Test func anotherIdentityHasNoCapabilitiesForFiles() throws {
    var header: [UInt32] = [0x2008_0522, 0]
    var sets = [UInt32](repeating: 0, count: 6)
    #expect(capget(&header, &sets) == 0)
    setfsuid(44)
    defer { setfsuid(0) }
    #expect(capset(&header, sets) == 0)
    closeDescriptor(try openFile("\(root)/victim", .read))
    #expect(throws: Errno.accessDenied) {
      try FileIdentity(user: 33, group: 33).perform { () throws(Errno) in
        try openFile("\(root)/victim", .read)
      }
    }
    closeDescriptor(try openFile("\(root)/victim", .read))
  }

  @Test func socketsAreMadeWithTheirModeAndReplaceOnlySockets() throws {
    let path = "\(root)/www/socket"
    let (first, inode) = try listenLocally(
      path, mode: 0o660, owner: SocketOwner(user: 44, group: 33))
    let status = try fileStatus(path)
    #expect((status.user, status.group, status.mode) == (44, 33, 0o660))
    #expect(try listDirectory("\(root)/www") == ["socket"])
    #expect(status.inode == inode)
    #expect(throws: PathProblem.system(.addressInUse)) { try listenLocally(path, mode: 0o600) }
    closeDescriptor(first)
    try removeSocket(path, inode: inode &+ 1)
    #expect(try socketInode(path) == inode)
    try removeSocket(path, inode: inode)
    #expect(try socketInode(path) == nil)
    try write("", to: path)
    #expect(throws: PathProblem.system(.notSocket)) { try listenLocally(path, mode: 0o600) }
  }

  @Test func onlyTheSameSocketGetsAnotherOwner() throws {
    let (owner, path) = (SocketOwner(user: 44, group: 33), "\(root)/www/socket")
    let (socket, inode) = try listenLocally(path, mode: 0o600)
    defer { closeDescriptor(socket) }
    #expect(throws: PathProblem.system(.notSocket)) {
      try changeSocket(path, inode: inode &+ 1, mode: 0o660, owner)
    }
    #expect(try fileStatus(path).user == 0 && fileStatus(path).mode == 0o600)
    try changeSocket(path, inode: inode, mode: 0o660, owner)
    #expect(try fileStatus(path).user == 44 && fileStatus(path).mode == 0o660)
  }

  @Test func aSocketGetsExactlyItsMode() throws {
    for mode in [0o600, 0o666, 0o777] as [UInt32] {
      let (socket, _) = try listenLocally("\(root)/socket-\(mode)", mode: mode)
      defer { closeDescriptor(socket) }
      #expect(try fileStatus("\(root)/socket-\(mode)").mode == mode)
    }
  }

  @Test func aPrivateDirectoryIsPrivateAndDoesNotStay() throws {
    let www = try SafePath.directory("\(root)/www")
    try www.withPrivateDirectory { (place) throws(Errno) in
      let status = try fileStatus(of: place)
      #expect((status.user, status.mode & 0o777) == (0, 0o700))
      #expect(try listDirectory("\(root)/www").count == 1)
    }
    #expect(try listDirectory("\(root)/www") == [])
  }
}
