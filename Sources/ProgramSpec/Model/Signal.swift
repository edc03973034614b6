/// A signal of Linux, by its number.
package struct Signal: Sendable, Equatable, Hashable {
  package var number: Int32

  package init(number: Int32) { self.number = number }

  package static let hangUp = Signal(number: 1)
  package static let interrupt = Signal(number: 2)
  package static let quit = Signal(number: 3)
  package static let kill = Signal(number: 9)
  package static let user1 = Signal(number: 10)
  package static let user2 = Signal(number: 12)
  package static let terminate = Signal(number: 15)
  /// SIGCONT.
  package static let resume = Signal(number: 18)
  package static let windowChange = Signal(number: 28)
  package static let power = Signal(number: 30)
  /// As systemd's containers are stopped.
  package static let halt = Signal(number: 37)
}
