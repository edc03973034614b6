internal import HTTP

/// Text as it stands in a page, in an attribute too.
func html(_ text: String) -> String {
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "&"): bytes += Array("&amp;".utf8)
    case UInt8(ascii: "<"): bytes += Array("&lt;".utf8)
    case UInt8(ascii: ">"): bytes += Array("&gt;".utf8)
    case UInt8(ascii: "\""): bytes += Array("&quot;".utf8)
    case UInt8(ascii: "'"): bytes += Array("&#39;".utf8)
    // What HTML has no character for; a page would show nothing at all there.
    case 0..<9, 11, 12, 14..<32, 127: bytes += Array("\u{FFFD}".utf8)
    default: bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

extension Reply {
  /// Nothing may be loaded into such a page, and it may not be put into another: whose buttons
  /// would be pressed unseen.
  static func page(_ title: String, _ body: String) -> Reply {
    let text = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(html(title))</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="stylesheets/supervisor.css">
      </head>
      <body>
      \(body)
      </body>
      </html>

      """
    return Reply(.ok, "text/html;charset=utf-8", text).uncached
      .with(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
          + "frame-ancestors 'none'"
      )
      .with("X-Frame-Options", "DENY")
      .with("Referrer-Policy", "same-origin")
  }

  /// To a button of a page that an earlier process of ours has made: a bare refusal would leave
  /// people to guess that they only have to look again.
  static var outdatedPage: Reply {
    var reply = page(
      "Outdated page",
      """
      <header><h1>Nothing has been done</h1> <a href="./">Status</a></header>
      <p class="card">That page is from before a restart, or from somewhere else.</p>
      """)
    reply.status = .forbidden
    return reply
  }
}
