internal import Flags
package import ProgramSpec

/// The command line of `supervisord`.
package struct SupervisordArguments: Equatable {
  package enum Wish: Equatable { case run, help, version }

  package var wish = Wish.run
  package var configurationPath: String?
  /// What goes before the file's `[supervisord]`.
  package var overrides: [ConfigurationSource.Override] = []

  /// Each with the key it stands for; those without one are told apart by their place.
  private static let flags: [(flag: Flag, key: String?)] = [
    (Flag("c", "configuration", takesValue: true), nil),
    (Flag("h?", "help", takesValue: false), nil),
    (Flag("v", "version", takesValue: false), nil),
    // The profiler of Python: taken, and nothing else.
    (Flag("", "profile_options", takesValue: true), nil),
    (Flag("n", "nodaemon", takesValue: false), "nodaemon"),
    (Flag("s", "silent", takesValue: false), "silent"),
    (Flag("u", "user", takesValue: true), "user"),
    (Flag("m", "umask", takesValue: true), "umask"),
    (Flag("d", "directory", takesValue: true), "directory"),
    (Flag("l", "logfile", takesValue: true), "logfile"),
    (Flag("y", "logfile_maxbytes", takesValue: true), "logfile_maxbytes"),
    (Flag("z", "logfile_backups", takesValue: true), "logfile_backups"),
    (Flag("e", "loglevel", takesValue: true), "loglevel"),
    (Flag("j", "pidfile", takesValue: true), "pidfile"),
    (Flag("i", "identifier", takesValue: true), "identifier"),
    (Flag("q", "childlogdir", takesValue: true), "childlogdir"),
    (Flag("k", "nocleanup", takesValue: false), "nocleanup"),
    (Flag("a", "minfds", takesValue: true), "minfds"),
    (Flag("t", "strip_ansi", takesValue: false), "strip_ansi"),
    (Flag("", "minprocs", takesValue: true), "minprocs"),
  ]

  /// The sentence of what is wrong, in supervisord's words.
  package static func parse(_ words: [String]) -> Result<SupervisordArguments, SupervisordMistake> {
    do throws(FlagMistake) {
      let (given, rest) = try FlagParser.parse(words, flags.map(\.flag))
      guard rest.isEmpty else {
        let list = rest.map { "'\($0)'" }.joined(separator: ", ")
        return .failure(
          SupervisordMistake(message: "positional arguments are not supported: [\(list)]"))
      }
      var arguments = SupervisordArguments()
      for flag in given { arguments.take(flag) }
      return .success(arguments)
    } catch {
      return .failure(SupervisordMistake(message: error.message))
    }
  }

  private mutating func take(_ given: GivenFlag) {
    let known = SupervisordArguments.flags[given.flag]
    if let key = known.key {
      let value = known.flag.takesValue ? given.value : "true"
      overrides.append(.init(key: key, value: value, option: given.option))
    } else if known.flag.names == ["configuration"] {
      configurationPath = given.value
    } else if known.flag.names == ["help"] {
      wish = .help
    } else if known.flag.names == ["version"], wish == .run {
      wish = .version
    }
  }
}

/// A mistake that ends with `Error: message` and exit code 2.
package struct SupervisordMistake: Error, Equatable {
  package var message: String

  package init(message: String) { self.message = message }

  /// What supervisord prints, called by this name.
  package func text(calledAs name: String) -> String {
    "Error: \(message)\nFor help, use \(name) -h\n"
  }
}
