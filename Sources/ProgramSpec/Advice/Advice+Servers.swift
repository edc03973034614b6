/// nginx and PHP-FPM.
extension Advice {
  /// TERM closes connections in the middle of an answer; QUIT finishes it.
  @Sendable static func stopSignal(_ subject: AdviceSubject) -> [Finding] {
    subject.programs.compactMap { one in
      guard one.program.stop.steps.first?.signal == .terminate, !one.program.hasStopCommand,
        one.command.script == nil, let server = one.server
      else { return nil }
      return Finding(
        one.source.location("stopsignal"),
        "TERM makes \(server.name) drop the requests in hand; write stopsignal=QUIT, "
          + "or preset=\(server.preset)")
    }
  }

  /// A server in the background looks like one that ended, and is started again and again. Only
  /// where the server's own configuration can be read: it may have said so itself, as in the
  /// official images of PHP-FPM.
  @Sendable static func foreground(_ subject: AdviceSubject) -> [Finding] {
    subject.programs.compactMap { one in
      if one.command.isNginx { return backgroundNginx(one, subject.surroundings) }
      if one.command.isPHPFPM { return backgroundPHPFPM(one, subject.surroundings) }
      return nil
    }
  }

  /// nginx refuses a `daemon` that is said twice, so it must not be advised in vain.
  private static func backgroundNginx(
    _ one: AdviceSubject.Program, _ surroundings: Surroundings
  ) -> Finding? {
    let words = one.command.words
    guard !words.contains(where: { $0.holds("daemon off") }) else { return nil }
    let path = words.value(of: ["-c"]) ?? "/etc/nginx/nginx.conf"
    guard let lines = surroundings.lines(of: path),
      !lines.contains(where: { $0.hasPrefix("daemon ") || $0.hasPrefix("daemon\t") })
    else { return nil }
    return Finding(
      one.source.location("command"),
      "nginx goes into the background; write command=nginx -g 'daemon off;'")
  }

  private static func backgroundPHPFPM(
    _ one: AdviceSubject.Program, _ surroundings: Surroundings
  ) -> Finding? {
    let words = one.command.words
    let isForeground = words.dropFirst().contains {
      $0 == "--nodaemonize" || ($0.hasPrefix("-") && !$0.hasPrefix("--") && $0.holds("F"))
    }
    guard !isForeground else { return nil }
    let named = words.value(of: ["-y", "--fpm-config"]).map { [$0] }
    let files = (named ?? standardPools(surroundings)).compactMap(surroundings.lines)
    guard !files.isEmpty, !files.contains(where: \.sayNoDaemon) else { return nil }
    let line = one.program.processes.first?.commandLine ?? "php-fpm"
    return Finding(
      one.source.location("command"), "PHP-FPM goes into the background; write command=\(line) -F")
  }

  private static func standardPools(_ surroundings: Surroundings) -> [String] {
    [
      "/usr/local/etc/php-fpm.conf", "/usr/local/etc/php-fpm.d/*.conf", "/etc/php-fpm.conf",
      "/etc/php*/php-fpm.conf", "/etc/php*/fpm/php-fpm.conf", "/etc/php/*/fpm/php-fpm.conf",
    ].flatMap(surroundings.matches)
  }

  /// nginx answers 502 until PHP-FPM listens.
  @Sendable static func startOrder(_ subject: AdviceSubject) -> [Finding] {
    guard let pool = subject.programs.first(where: { $0.command.isPHPFPM && $0.program.autostart })
    else { return [] }
    return subject.programs.compactMap { one in
      guard one.command.isNginx, one.program.autostart, one.unit.dependsOn == nil,
        one.unit.after == nil, one.unit.priority <= pool.unit.priority,
        !subject.configuration.reaches(from: pool.unit, to: one.unit.name)
      else { return nil }
      let when = one.unit.priority == pool.unit.priority ? "beside" : "before"
      return Finding(
        one.source.location("depends_on"),
        "nginx starts \(when) \(pool.unit.name) and answers 502 until that listens; "
          + "write depends_on=\(pool.unit.name)")
    }
  }
}

extension AdviceSubject.Program {
  fileprivate var server: (name: String, preset: String)? {
    if command.isNginx { return ("nginx", "nginx") }
    return command.isPHPFPM ? ("PHP-FPM", "php-fpm") : nil
  }
}

extension Configuration {
  /// Along `depends_on` and `after`, over groups too.
  fileprivate func reaches(from unit: Unit, to name: String) -> Bool {
    var seen: Set<String> = []
    var waiting = (unit.dependsOn ?? []) + (unit.after ?? [])
    while let next = waiting.popLast() {
      if next == name { return true }
      guard seen.insert(next).inserted else { continue }
      if let unit = units.first(where: { $0.name == next }) {
        waiting += (unit.dependsOn ?? []) + (unit.after ?? [])
      } else {
        waiting += groups.first { $0.name == next }?.programs ?? []
      }
    }
    return false
  }
}

extension [String] {
  /// `-c FILE`, `-cFILE` is nobody's habit; `--name=value`, `--name value`.
  func value(of options: [String]) -> String? {
    for (index, word) in enumerated() {
      if options.contains(word) { return index + 1 < count ? self[index + 1] : nil }
      for option in options where option.hasPrefix("--") && word.hasPrefix("\(option)=") {
        return String(word.dropFirst(option.count + 1))
      }
    }
    return nil
  }

  /// Lines of a php-fpm.conf.
  fileprivate var sayNoDaemon: Bool {
    contains { line in
      let parts = line.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
      return parts.count == 2 && parts[0] == "daemonize"
        && ["no", "off", "false", "0"].contains(parts[1].lowercased())
    }
  }
}

extension Surroundings {
  /// nil where the file cannot be read, or is larger than a configuration is. A program may own the
  /// file, and replace it with a FIFO.
  fileprivate func lines(of path: String) -> [String]? {
    guard path.hasPrefix("/"), case .success(let file) = readSmallFile(path, nil) else {
      return nil
    }
    return file.bytes.split(separator: 10).map { String(decoding: $0, as: UTF8.self).trimmed }
  }
}
