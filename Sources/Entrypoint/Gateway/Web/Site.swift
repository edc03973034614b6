/// What all pages know.
struct Site {
  var identifier = "supervisor"
  var version = ""
  /// Of this process; forms that change something send it back.
  let token: String

  init() {
    // The kernel's own random numbers: getrandom(2).
    var random = SystemRandomNumberGenerator()
    token = (0..<4).map { _ in String(random.next() as UInt64, radix: 36) }.joined()
  }
}
