extension Method {
  /// All there are, in the order of their names.
  static let all: [Method] = processMethods.sorted { $0.name < $1.name } + systemMethods

  private static let processMethods =
    daemonMethods + controlMethods + informationMethods + logMethods

  private static let daemonMethods: [Method] = [
    Method("supervisor.getAPIVersion", "string", "The version of this interface."),
    Method("supervisor.getVersion", "string", "The version of this interface, by its old name."),
    Method("supervisor.getSupervisorVersion", "string", "The version of the supervisor."),
    Method("supervisor.getIdentification", "string", "The identifier from the configuration."),
    Method("supervisor.getState", "struct", "The supervisor's state as statecode and statename."),
    Method("supervisor.getPID", "int", "The process id of the supervisor."),
    Method("supervisor.readLog", "string int int", "Bytes of the main log: offset and length."),
    Method("supervisor.readMainLog", "string int int", "The same as readLog, by its old name."),
    Method("supervisor.clearLog", "boolean", "Empties the main log."),
    Method("supervisor.shutdown", "boolean", "Stops everything and ends."),
    Method("supervisor.restart", "boolean", "Stops everything and starts anew."),
    Method(
      "supervisor.reloadConfig", "array",
      "Reads the configuration again: groups that are added, changed and removed. Changes none."),
    Method(
      "supervisor.addProcessGroup", "boolean string",
      "Takes a group into operation that the configuration has."),
    Method(
      "supervisor.removeProcessGroup", "boolean string",
      "Takes a group out of operation whose processes have stopped."),
    Method(
      "supervisor.sendRemoteCommEvent", "boolean string string",
      "Sends a REMOTE_COMMUNICATION event: its type and its data."),
  ]

  private static let controlMethods: [Method] = [
    Method(
      "supervisor.startProcess", "boolean string boolean", optional: 1,
      "Starts one process, or group:*; waits until it runs, unless the last parameter is false."),
    Method(
      "supervisor.startProcessGroup", "array string boolean", optional: 1,
      "Starts all processes of a group."),
    Method(
      "supervisor.startAllProcesses", "array boolean", optional: 1, "Starts all processes."),
    Method(
      "supervisor.stopProcess", "boolean string boolean", optional: 1,
      "Stops one process, or group:*; waits until it has, unless the last parameter is false."),
    Method(
      "supervisor.stopProcessGroup", "array string boolean", optional: 1,
      "Stops all processes of a group."),
    Method("supervisor.stopAllProcesses", "array boolean", optional: 1, "Stops all processes."),
    Method(
      "supervisor.signalProcess", "boolean string string",
      "Sends a signal, by name or number, to one process or group:*."),
    Method(
      "supervisor.signalProcessGroup", "array string string",
      "Sends a signal to all processes of a group."),
    Method("supervisor.signalAllProcesses", "array string", "Sends a signal to all processes."),
    Method(
      "supervisor.sendProcessStdin", "boolean string string",
      "Writes text to a process's standard input."),
  ]

  private static let informationMethods: [Method] = [
    Method("supervisor.getProcessInfo", "struct string", "What one process is doing."),
    Method("supervisor.getAllProcessInfo", "array", "What all processes are doing."),
    Method("supervisor.getAllConfigInfo", "array", "How all processes are configured."),
  ]

  private static let logMethods: [Method] = [
    Method(
      "supervisor.readProcessStdoutLog", "string string int int",
      "Bytes of a process's stdout log: offset and length; a negative offset is from the end."),
    Method(
      "supervisor.readProcessLog", "string string int int", "The same as readProcessStdoutLog."),
    Method(
      "supervisor.readProcessStderrLog", "string string int int",
      "Bytes of a process's stderr log: offset and length; a negative offset is from the end."),
    Method(
      "supervisor.tailProcessStdoutLog", "array string int int",
      "The end of a process's stdout log, its size, and whether more than length was written."),
    Method(
      "supervisor.tailProcessLog", "array string int int", "The same as tailProcessStdoutLog."),
    Method(
      "supervisor.tailProcessStderrLog", "array string int int",
      "The end of a process's stderr log, its size, and whether more than length was written."),
    Method("supervisor.clearProcessLogs", "boolean string", "Empties both logs of a process."),
    Method("supervisor.clearProcessLog", "boolean string", "The same as clearProcessLogs."),
    Method("supervisor.clearAllProcessLogs", "array", "Empties the logs of all processes."),
  ]

  private static let systemMethods: [Method] = [
    Method("system.listMethods", "array", "The names of all methods."),
    Method("system.methodHelp", "string string", "What a method does."),
    Method(
      "system.methodSignature", "array string",
      "The types of a method: of what it returns, then of its parameters."),
    Method(
      "system.multicall", "array array",
      "Makes several calls, each with methodName and params, and returns their results in order."),
  ]
}
