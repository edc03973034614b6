/// The status codes that are spoken here, with the reasons supervisord's clients know them by.
package enum HTTPStatus: Int, Sendable {
  case proceed = 100
  case ok = 200
  case movedPermanently = 301
  case badRequest = 400
  case unauthorized = 401
  case forbidden = 403
  case notFound = 404
  case methodNotAllowed = 405
  case requestTimeout = 408
  case conflict = 409
  case lengthRequired = 411
  case contentTooLarge = 413
  case targetTooLong = 414
  case tooManyRequests = 429
  case fieldsTooLarge = 431
  case internalError = 500
  case notImplemented = 501
  case unavailable = 503
  case versionNotSupported = 505

  package var reason: String {
    switch self {
    case .proceed: "Continue"
    case .ok: "OK"
    case .movedPermanently: "Moved Permanently"
    case .badRequest: "Bad Request"
    case .unauthorized: "Unauthorized"
    case .forbidden: "Forbidden"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .conflict: "Conflict"
    case .requestTimeout: "Request Time-out"
    case .lengthRequired: "Length Required"
    case .contentTooLarge: "Request Entity Too Large"
    case .targetTooLong: "Request-URI Too Large"
    case .tooManyRequests: "Too Many Requests"
    case .fieldsTooLarge: "Request Header Fields Too Large"
    case .internalError: "Internal Server Error"
    case .notImplemented: "Not Implemented"
    case .unavailable: "Service Unavailable"
    case .versionNotSupported: "HTTP Version not supported"
    }
  }
}
