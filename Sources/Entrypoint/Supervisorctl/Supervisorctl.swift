internal import Linux

/// The binary under the name `supervisorctl`: the client that scripts, people and monitoring know,
/// for our own daemon and for supervisord's. Its words and exit codes are supervisord 4.3.0's to
/// the byte, since they are what scripts read.
package enum Supervisorctl {
  /// The code to exit with: 0 for an interactive shell, else what the action says; 2 for a mistake
  /// in the flags or the configuration.
  package static func main(_ arguments: [String]) -> Int32 {
    let name = ThisProcess.calledAs
    switch CommandLineOptions.parse(arguments) {
    case .failure(let mistake): return refuse(mistake.message, name)
    case .success(let options) where options.wantsHelp:
      printOut(Usage.text(calledAs: name))
      return 0
    case .success(let options):
      switch ClientSettings.read(options, calledAs: name) {
      case .failure(let mistake): return refuse(mistake.message, name)
      case .success(let settings): return run(options, settings)
      }
    }
  }

  private static func refuse(_ message: String, _ name: String) -> Int32 {
    printError("Error: \(message)\nFor help, use \(name) -h\n")
    return 2
  }

  /// All the words together are one line, parsed again: `supervisorctl "signal USR1" cat` works.
  private static func run(_ options: CommandLineOptions, _ settings: ClientSettings) -> Int32 {
    var controller = Controller(settings, isInteractive: options.words.isEmpty)
    // Where signals cannot be read, Ctrl-C ends us as it ends anybody.
    controller.connection.interrupts = try? Interrupts.open()
    guard !options.words.isEmpty else {
      var shell = Shell(controller, settings)
      shell.run()
      return 0
    }
    controller.perform(options.words.joined(separator: " "))
    return controller.exitStatus
  }
}
