internal import CLinux
internal import Glibc

/// poll(2) of several descriptors until one can be read: which of them can, or has hung up. Regular
/// files always can, which epoll(7) refuses to say. nil waits for ever; all false when the time is
/// over.
package func waitForAny(
  readable raws: [Int32], milliseconds: Int32? = nil
) throws(Errno) -> [Bool] {
  var places = raws.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  while true {
    let count = unsafe poll(&places, nfds_t(places.count), milliseconds ?? -1)
    if count >= 0 { return places.map { $0.revents != 0 } }
    let error = Errno.last
    guard error == .interrupted else { throw error }
  }
}
