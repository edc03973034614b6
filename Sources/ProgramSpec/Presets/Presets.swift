/// The defaults that well-known programs want, so that one line says what else takes a page of
/// manual. Any key that is given wins.
package enum Preset {
  /// Rows of key and value, as somebody would write them.
  package static let all: [(name: String, keys: [(key: String, value: String)])] = [
    // TERM drops the requests in hand, QUIT finishes them; a worker may take its time over that.
    (
      "nginx",
      [
        ("stopsignal", "QUIT"), ("stopwaitsecs", "30"), ("killasgroup", "true"),
        ("autorestart", "true"), ("reload_signal", "HUP"),
      ]
    ),
    // The same, and only if the pool's process_control_timeout is above zero. USR2 reloads.
    (
      "php-fpm",
      [
        ("stopsignal", "QUIT"), ("stopwaitsecs", "30"), ("killasgroup", "true"),
        ("autorestart", "true"), ("reload_signal", "USR2"),
      ]
    ),
    (
      "apache",
      [
        ("stopsignal", "WINCH"), ("stopwaitsecs", "30"), ("killasgroup", "true"),
        ("autorestart", "true"), ("reload_signal", "USR1"),
      ]
    ),
    // Ends with 0 after max-jobs, max-time or a lost connection and with 12 above its memory: all
    // planned. TERM lets it finish its job (60 seconds is the framework's default limit for one).
    (
      "laravel-worker",
      [
        ("stopsignal", "TERM"), ("stopwaitsecs", "70"), ("killasgroup", "true"),
        ("autorestart", "true"), ("planned_exitcodes", "0,12"),
      ]
    ),
    // Waits for the children it has started, so only itself is to be told.
    (
      "laravel-schedule",
      [
        ("stopsignal", "TERM"), ("stopwaitsecs", "60"), ("stopasgroup", "false"),
        ("killasgroup", "true"), ("autorestart", "true"),
      ]
    ),
    // Waits for the longest job of all its workers. USR1 makes it restart them.
    (
      "horizon",
      [
        ("stopsignal", "TERM"), ("stopwaitsecs", "3600"), ("killasgroup", "true"),
        ("autorestart", "true"), ("planned_exitcodes", "0"), ("reload_signal", "USR1"),
      ]
    ),
    // select(2) ends at 1024 descriptors, but the sockets themselves need room.
    (
      "reverb",
      [
        ("stopsignal", "TERM"), ("stopwaitsecs", "15"), ("killasgroup", "true"),
        ("autorestart", "true"), ("rlimit_nofile", "10000"),
      ]
    ),
    // It has no handler for QUIT.
    (
      "octane",
      [
        ("stopsignal", "TERM"), ("stopwaitsecs", "30"), ("killasgroup", "true"),
        ("autorestart", "true"), ("planned_exitcodes", "0"),
      ]
    ),
    (
      "messenger",
      [
        ("stopsignal", "TERM"), ("stopwaitsecs", "60"), ("killasgroup", "true"),
        ("autorestart", "true"), ("planned_exitcodes", "0"),
      ]
    ),
    // npm and yarn pass nothing on to their children.
    (
      "node",
      [
        ("stopsignal", "TERM"), ("stopwaitsecs", "15"), ("stopasgroup", "true"),
        ("killasgroup", "true"), ("autorestart", "true"),
      ]
    ),
  ]

  static func value(of key: String, in name: String) -> String? {
    all.first { $0.name == name }?.keys.first { $0.key == key }?.value
  }
}
