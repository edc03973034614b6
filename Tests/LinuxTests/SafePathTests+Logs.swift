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
      try directory.open("fifo", .write, trusting: 33)
    }
    let refused = PathRefusal("\(root)/www/fifo", owner: 33, .pipe)
    for user in [0, 34] as [UInt32] {
      #expect(throws: PathProblem.refused(refused)) {
        try directory.open("fifo", .write, trusting: user)
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
    let reader = FileIdentity.reader(user: www, group: www)
    closeDescriptor(try SafePath.open("\(root)/victim", .read, as: .user(reader)).descriptor)
    for mode in [0o1777, 0o777] as [UInt32] {
      #expect(chmod(root, mode) == 0)
      for (identity, user) in [(reader, www), (FileIdentity.reader(user: 0, group: 0), 65534)] {
        let refused = PathRefusal("\(root)/victim", owner: 0, .unreadable(by: user))
        #expect(throws: PathProblem.refused(refused)) {
          try SafePath.open("\(root)/victim", .read, as: .user(identity))
        }
      }
      closeDescriptor(try SafePath.open("\(root)/victim", .read).descriptor)
    }
    #expect(unsafe chown("\(root)/victim", 0, www) == 0)
    #expect(chmod("\(root)/victim", 0o640) == 0)
    closeDescriptor(try SafePath.open("\(root)/victim", .read, as: .user(reader)).descriptor)
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
