/// Where the configuration comes from, so that it can be read again.
package struct ConfigurationSource {
  /// A value from the command line, or from `scale`: it goes before the file's, also when the file
  /// is read again.
  package struct Override: Sendable, Equatable {
    package var section: String
    package var key: String
    package var value: String
    /// The option, or the command, as it was typed.
    package var option: String

    package init(section: String = "supervisord", key: String, value: String, option: String) {
      self.section = section
      self.key = key
      self.value = value
      self.option = option
    }
  }

  package var path: String
  package var surroundings: Surroundings
  package var overrides: [Override]

  package init(path: String, surroundings: Surroundings, overrides: [Override] = []) {
    self.path = path
    self.surroundings = surroundings
    self.overrides = overrides
  }

  /// With so many processes of a program, whatever its `numprocs` says.
  package func scaling(section: String, to count: Int) -> ConfigurationSource {
    var scaled = self
    scaled.overrides.removeAll { $0.section == section && $0.key == "numprocs" }
    scaled.overrides.append(
      Override(section: section, key: "numprocs", value: "\(count)", option: "scale"))
    return scaled
  }

  package func read() -> ConfigurationReader.Reading {
    ConfigurationReader.read(path: path, in: surroundings, overrides: overrides)
  }

  /// The same as it was recorded: nothing is asked of the host.
  package func read(from record: HostRecord) -> ConfigurationReader.Reading {
    ConfigurationReader.read(
      path: path, in: record.replayed(like: surroundings), overrides: overrides)
  }

  /// The same with advice.
  package func check() -> ConfigurationReader.Reading {
    ConfigurationReader.check(path: path, in: surroundings, overrides: overrides)
  }
}

extension IniDocument {
  /// What the command line says is as if it stood last in the file.
  mutating func apply(_ overrides: [ConfigurationSource.Override]) {
    for override in overrides {
      guard let section = section(override.section) else { continue }
      let place = Location(file: "option \(override.option)", line: 0, column: 0)
      change(open(override.section, at: section.location)) {
        $0.set(Entry(key: override.key, value: override.value, location: place))
      }
    }
  }
}
