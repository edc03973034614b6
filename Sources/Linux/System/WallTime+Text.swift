extension WallTime {
  /// `2026-11-21 01:25:38,196`, local: as lines of supervisord's main log begin.
  package var mainLogStamp: String {
    let date = local
    let day = "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day))"
    let time = "\(twoDigits(date.hour)):\(twoDigits(date.minute)):\(twoDigits(date.second))"
    return "\(day) \(time),\(threeDigits(milliseconds))"
  }

  /// `2026-11-21T01:25:38.196Z`: RFC 3339.
  package var rfc3339: String { "\(rfc3339Second).\(threeDigits(milliseconds))Z" }

  /// The same up to the second, without fraction and zone.
  package var rfc3339Second: String {
    let date = universal
    let day = "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day))"
    let time = "\(twoDigits(date.hour)):\(twoDigits(date.minute)):\(twoDigits(date.second))"
    return "\(day)T\(time)"
  }
}

/// With a leading zero.
package func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

package func threeDigits(_ number: Int) -> String {
  number < 10 ? "00\(number)" : number < 100 ? "0\(number)" : "\(number)"
}
