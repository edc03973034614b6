import Glibc
import Testing

@testable import Linux

/// Logs in directories that other users control.
extension SafePathTests {
  @Test func aFIFOIsWrittenToOnlyForItsOwner() throws {
    #expect(mkfifo("\(root)/www/fifo", 0o600) == 0)
    #expect(unsafe chown("\(root)/www/fifo", 33, 33) == 0)
    let directory = try SafePath.directory("\(root)/www")
    #expect(throws: PathProblem.system(.noSuchDevice)) {
      try directory.open("fifo", .write, for: FileIdentity(user: 33, group: 33))
    }
    let refused = PathRefusal("\(root)/www/fifo", owner: 33, .pipe)
    for user in [0, 34] as [UInt32] {
      #expect(throws: PathProblem.refused(refused)) {
        try directory.open("fifo", .write, for: FileIdentity(user: user, group: user))
      }
    }
    #expect(refusal("\(root)/www/fifo") == refused)
    let reading = try SafePath.open("\(root)/www/fifo", .read)
    #expect(reading.status.kind == .pipe)
    closeDescriptor(reading.descriptor)
    closeDescriptor(try SafePath.open("/dev/null", .write).descriptor)
  }

  @Test func aFIFOOfRootWhereAllMayMakeFilesHasOneName() throws {
    #expect(mkfifo("\(root)/fifo", 0o600) == 0)
    #expect(chmod(root, 0o1777) == 0)
    #expect(throws: PathProblem.system(.noSuchDevice)) {
      try SafePath.open("\(root)/fifo", .write)
    }
    #expect(Glibc.link("\(root)/fifo", "\(root)/again") == 0)
    #expect(refusal("\(root)/again") == PathRefusal("\(root)/again", owner: 0, .hardLink))
  }

  /// A private file of root, which www-data has moved from a directory of its own to a place where
  /// all users may make files.
  @Test func aLogIsReadWithTheRightsOfItsProgramWhereOthersMayHavePutIt() throws {
    let identity = FileIdentity(user: www, group: www)
    let reader = SharedReader.user(identity)
    closeDescriptor(try SafePath.open("\(root)/victim", .read, as: reader).descriptor)
    for mode in [0o1777, 0o777] as [UInt32] {
      #expect(chmod(root, mode) == 0)
      for (reader, rights) in [(reader, identity), (.all, .nobody)] {
        let refused = PathRefusal("\(root)/victim", owner: 0, .unreadable(by: rights))
        #expect(throws: PathProblem.refused(refused)) {
          try SafePath.open("\(root)/victim", .read, as: reader)
        }
      }
      closeDescriptor(try SafePath.open("\(root)/victim", .read).descriptor)
    }
    #expect(unsafe chown("\(root)/victim", 0, www) == 0)
    #expect(chmod("\(root)/victim", 0o640) == 0)
    closeDescriptor(try SafePath.open("\(root)/victim", .read, as: reader).descriptor)
  }

  /// They are not those of any user who may have put the file there alone.
  @Test func theRightsThatAllHaveWhoMayHavePutAFileThere() throws {
    let shared = "\(root)/www"
    func rights(_ owner: UInt32, _ group: UInt32, _ mode: UInt32) throws -> FileIdentity {
      #expect(unsafe chown(shared, owner, group) == 0)
      #expect(chmod(shared, mode) == 0)
      return try SafePath.directory(shared).placers.rights(to: fileStatus("\(root)/victim"))
    }
    let unlisted: UInt32 = 4_000_000
    let www = FileIdentity(user: www, group: www)
    #expect(try rights(0, 33, 0o755) == .supervisor)
    #expect(try rights(33, 33, 0o755) == www)
    #expect(try rights(33, 33, 0o2775) == www)
    #expect(try rights(0, unlisted, 0o775) == .member(of: unlisted))
    #expect(try rights(33, unlisted, 0o775) == .nobody)
    #expect(try rights(0, 0, 0o775) == .supervisor)
    #expect(try rights(0, 0, 0o777) == .nobody)
    #expect(try rights(0, 0, 0o1777) == .nobody)
    // A file of the only other user, and one of nobody.
    #expect(unsafe chown("\(root)/victim", 33, 33) == 0)
    #expect(try rights(33, unlisted, 0o775) == .member(of: unlisted))
    #expect(unsafe chown("\(root)/victim", 65534, 65534) == 0)
    #expect(try rights(0, 0, 0o777) == FileIdentity(user: 65533, group: 65533))
  }

  @Test func whatAnotherUserMayHaveMovedIsAppendedToOnlyIfTheWriterMayWriteToIt() throws {
    let shared = "\(root)/www"
    #expect(unsafe chown(shared, 34, 33) == 0)
    #expect(chmod(shared, 0o2775) == 0)
    closeDescriptor(try openFile("\(shared)/log", [.write, .create], mode: 0o600))
    let directory = try SafePath.directory(shared)
    func isOpened(_ group: UInt32, _ mode: UInt32, for writer: FileIdentity?) throws -> Bool {
      #expect(unsafe chown("\(shared)/log", 34, group) == 0)
      #expect(chmod("\(shared)/log", mode) == 0)
      do throws(PathProblem) {
        closeDescriptor(try directory.open("log", [.write, .append], for: writer).descriptor)
        return true
      } catch {
        #expect(error == .refused(PathRefusal("\(shared)/log", owner: 34, .unmarked)))
        return false
      }
    }
    let www = FileIdentity(user: www, group: www)
    #expect(try isOpened(34, 0o600, for: FileIdentity(user: 34, group: 34)))
    #expect(try isOpened(34, 0o600, for: nil))
    for writer in [www, .supervisor] {
      #expect(try !isOpened(34, 0o664, for: writer))
      #expect(try isOpened(33, 0o664, for: writer))
      #expect(try isOpened(34, 0o646, for: writer))
      #expect(try isOpened(34, 0o1640, for: writer))
      #expect(try !isOpened(34, 0o1750, for: writer))
    }
  }

  /// Root writes lines of several users, or of clients, and the writer's own file may be moved by
  /// another user to be emptied.
  @Test func aFileOfTheWriterThatAnotherUserMayHaveMoved() throws {
    let shared = "\(root)/www"
    #expect(unsafe chown(shared, 0, 33) == 0)
    #expect(chmod(shared, 0o2775) == 0)
    closeDescriptor(try openFile("\(shared)/log", [.write, .create], mode: 0o600))
    let directory = try SafePath.directory(shared)
    func mayEmpty(_ user: UInt32, _ mode: UInt32) throws -> Bool? {
      #expect(unsafe chown("\(shared)/log", user, 4_000_000) == 0)
      #expect(chmod("\(shared)/log", mode) == 0)
      do throws(PathProblem) {
        let file = try directory.open("log", .write, for: .of(user, directoryGroup: user))
        defer { closeDescriptor(file.descriptor) }
        return directory.mayEmpty(file)
      } catch {
        #expect(error == .refused(PathRefusal("\(shared)/log", owner: user, .unmarked)))
        return nil
      }
    }
    #expect(try mayEmpty(0, 0o644) == nil)
    #expect(try mayEmpty(0, 0o646) == true)
    #expect(try mayEmpty(0, 0o1644) == true)
    #expect(try mayEmpty(34, 0o644) == false)
    #expect(try mayEmpty(34, 0o646) == true)
    #expect(try mayEmpty(33, 0o644) == true)
  }

  @Test func aNewLogIsMarkedWhereOtherUsersMayHavePutAFile() throws {
    func isMarked(_ path: String, _ mode: UInt32) throws -> Bool {
      #expect(chmod("\(root)/www", mode) == 0)
      let (directory, name) = try SafePath.parent(of: path)
      let made = try directory.create(name, .write, mode: 0o640)
      defer { closeDescriptor(made.descriptor) }
      #expect(directory.mark(made, for: .supervisor))
      let status = try fileStatus(of: made.descriptor)
      #expect(status.mode & 0o777 == 0o640 & ~0o022)
      return status.isMarked
    }
    #expect(try !isMarked("\(root)/log", 0o755))
    #expect(try !isMarked("\(root)/www/own", 0o755))
    #expect(try isMarked("\(root)/www/shared", 0o777))
  }

  @Test func whoElseMayChangeWhatAPathMeans() throws {
    #expect(!SafePath.othersMayChange("\(root)/log", except: 0))
    #expect(!SafePath.othersMayChange("\(root)/none/log", except: 0))
    for path in ["www/log", "www/none/log"] {
      #expect(SafePath.othersMayChange("\(root)/\(path)", except: 0))
      #expect(!SafePath.othersMayChange("\(root)/\(path)", except: www))
      #expect(SafePath.othersMayChange("\(root)/\(path)", except: 34))
    }
    #expect(SafePath.othersMayChange("/tmp/log", except: www))
  }
}
