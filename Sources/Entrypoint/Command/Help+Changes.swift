/// Pages of the commands that change what is supervised, and of those about its logs.
extension Help {
  static let changePages: [(word: String, text: String)] = [
    (
      "reread",
      """
      reread
        Reads the configuration again and says which groups, steps and crons are new, changed or
        gone; steps are waits, directories, templates and hooks.
        Nothing else happens; what is wrong with it is said, and everything goes on.
        exit: 0; 1 the configuration has errors

      """
    ),
    (
      "update",
      """
      update [GROUP|STEP|CRON…]
        Reads the configuration again; groups that have changed or gone are stopped, those that have
        changed or are new are started, steps that have changed or are new are done first, and crons
        follow their new schedules; a run of one that has changed or gone is ended. The others do
        not notice, nor do they wait for a new step: were it to fail, only what came with it waits.
        Where a name is given, only that group or cron is touched, and all steps that differ are
        done, for it may need them. A hook that runs is left as it is, and said.
        exit: 0; 1 the configuration has errors, a group could not be stopped, or a hook runs

      """
    ),
    (
      "add",
      """
      add GROUP…        starts groups of the configuration as it was last read
        exit: 0; 1 no such group

      """
    ),
    (
      "remove",
      """
      remove GROUP…     forgets groups that are stopped
        exit: 0; 1 no such group, or it still runs

      """
    ),
    (
      "reload",
      """
      reload
        Stops everything in order and begins again with the configuration as it is then, as the same
        process; SIGHUP does the same. A configuration with errors is refused.
        exit: 0; 1 the configuration has errors

      """
    ),
    (
      "avail",
      """
      avail
        Every process of the configuration as it was last read: whether it is in use, whether it
        starts by itself, and its priorities.

      """
    ),
    (
      "clear",
      """
      clear NAME…|all   empties the log files of programs; rotated ones stay
        exit: 0; 1 no such program, or a file that cannot be emptied

      """
    ),
    (
      "maintail",
      """
      maintail [-f|-N]
        The end of the supervisor's own log, where `logfile` names a file.
        exit: 0; 1 no log file

      """
    ),
  ]
}
