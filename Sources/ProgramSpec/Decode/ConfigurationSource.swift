/// Where the configuration comes from, so that it can be read again.
package struct ConfigurationSource {
  /// A value from the command line: it goes before the file's, also when the file is read again.
  package struct Override: Sendable, Equatable {
    package var key: String
    package var value: String
    /// The option as it was typed.
    package var option: String

    package init(key: String, value: String, option: String) {
      self.key = key
      self.value = value
      self.option = option
    }
  }

  package var path: String
  package var surroundings: Surroundings
  /// All of `[supervisord]`.
  package var overrides: [Override]

  package init(path: String, surroundings: Surroundings, overrides: [Override] = []) {
    self.path = path
    self.surroundings = surroundings
    self.overrides = overrides
  }

  package func read() -> ConfigurationReader.Reading {
    ConfigurationReader.read(path: path, in: surroundings, overrides: overrides)
  }

  /// The same with advice.
  package func check() -> ConfigurationReader.Reading {
    ConfigurationReader.check(path: path, in: surroundings, overrides: overrides)
  }
}

extension IniDocument {
  /// What the command line says is as if it stood last in the file.
  mutating func apply(_ overrides: [ConfigurationSource.Override]) {
    guard let section = section("supervisord") else { return }
    for override in overrides {
      let place = Location(file: "option \(override.option)", line: 0, column: 0)
      change(open("supervisord", at: section.location)) {
        $0.set(Entry(key: override.key, value: override.value, location: place))
      }
    }
  }
}
