/// More or fewer processes of a program while the others go on as they are.
extension Configuration {
  /// The program's processes as `other` has them, those of the same name as they are here. nil:
  /// one of the two does not know it.
  package func scaling(program name: String, as other: Configuration) -> Configuration? {
    guard let index = units.firstIndex(where: { $0.name == name && $0.isProgram }),
      case .program(var program) = units[index].work,
      let unit = other.units.first(where: { $0.name == name }),
      case .program(let wanted) = unit.work
    else { return nil }
    let groups = Set(program.processes.map(\.group))
    let isWanted = { (process: Process) in groups.isEmpty || groups.contains(process.group) }
    program.processes = wanted.processes.filter(isWanted).map { process in
      program.processes.first { $0.displayName == process.displayName } ?? process
    }
    var scaled = self
    scaled.units[index].work = .program(program)
    return scaled
  }
}
