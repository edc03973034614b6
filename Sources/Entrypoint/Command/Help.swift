/// What `help` says. Each page: what it is for, its options, two examples, and its exit codes.
package enum Help {
  package static let overview = """
    entrypoint: the supervisor for containers.

    usage: entrypoint [run] [-c FILE] [-s SOCKET] [--no-hooks] [-- COMMAND…]
           entrypoint COMMAND [arguments]

    supervise
      run           start everything the configuration asks for (also without a word)
      run -- CMD    the waits and hooks, then CMD alone in the foreground
    look
      status        one line per program; --all every unit; --json
      graph         what starts after what; --mermaid, --dot, --svg
      next          when crons run next; --count, --from
      timeline      when it did; --json, --svg
      events        the journal as it is written; --json
      tail          the end of a program's log; -f follows
      pid           of the supervisor, or of programs
    act
      start, stop, restart, signal, shutdown
      scale         NAME N: so many processes of a program
      reread        what the configuration would change; nothing is done
      update        do it: only groups that have changed are stopped and started
      add, remove   one group; avail lists them all
      reload        stop everything, and begin again with the configuration as it is
      clear         empty the log files of programs; maintail shows the supervisor's own
    check
      check         everything wrong with the configuration; --strict, --json
      config        the configuration as resolved, with file and line; --json
      keys          what may stand in a configuration: all, of a section, or one
      import        make a configuration of a Procfile or PM2's ecosystem.config.json
      ready         wait until everything is ready
      healthcheck   a tick per program; for Docker's HEALTHCHECK
      smoke         boot, check the order, shut down; for CI
      wait, probe   ask a database, a port or a URL, by hand
      version, help

    -c FILE    the file; else $ENTRYPOINT_CONFIG, supervisord's places, /etc/entrypoint.conf
    -s SOCKET  the control socket; else $ENTRYPOINT_SOCKET, /run/entrypoint.sock;
               without a file there, the abstract socket that the supervisor falls back to

    `entrypoint help COMMAND` says more.

    """

  /// The page of a command, or the overview.
  package static func text(_ word: String?) -> String {
    guard let word else { return overview }
    return all.first { $0.word == word }?.text ?? "*** No help on \(word)\n"
  }

  package static var words: [String] { all.map(\.word) }

  private static var all: [(word: String, text: String)] {
    pages + configurationPages + changePages
  }

  private static let pages: [(word: String, text: String)] = [
    (
      "run",
      """
      run [-c FILE] [-s SOCKET] [--no-hooks] [-- COMMAND…]
        Supervises. With a COMMAND: waits, directories, templates and start hooks first, then that
        command alone, with the terminal, the signals and the exit code passed on.
        --no-hooks  nothing before the command
        examples: entrypoint -c /etc/entrypoint.conf
                  entrypoint run --no-hooks -- bash
        exit: 0 stopped as asked; a program's or hook's own code; 2 usage or configuration;
              69 a wait timed out; 70 internal error

      """
    ),
    (
      "status",
      """
      status [--all] [--json] [NAME…]
        One line per program; NAME is a program, group:program or group:*.
        --all   waits, directories, templates, hooks and crons too; of a cron the last result and
                when it runs next
        --json  an array of objects
        examples: entrypoint status
                  entrypoint status worker:*
        exit: 0 all run; 3 something does not; 4 no such program, or nobody answers

      """
    ),
    (
      "start",
      """
      start NAME…       start programs, and first what they depend on
      start GROUP:*     all programs of a group
      start all         everything
      start CRON        run a cron now, whatever its schedule says; it goes on as before
        exit: 0; 1 no such program; 2 no such group or no name; 7 it does not stay up

      """
    ),
    (
      "stop",
      """
      stop NAME…        stop programs, and wait until they are down
      stop GROUP:*      all programs of a group
      stop all          everything
      stop CRON         end the run of a cron that is under way; the next one comes in its time
        exit: 0; 1 no such program

      """
    ),
    (
      "restart",
      """
      restart NAME…     stop, then start; all are down before the first one starts
      restart GROUP:*   all programs of a group
      restart --rolling NAME…
                        one process at a time, each ready before the next one is stopped; the
                        first that does not come back ends it. NAME may be a whole program.
        exit: as start's

      """
    ),
    (
      "scale",
      """
      scale NAME N      run N processes of the program, whatever its numprocs says
        Those that stay do not notice. process_name has to contain %(process_num)d. It holds until
        the configuration is loaded anew by reload, SIGHUP or a new start.
        example: entrypoint scale worker 8
        exit: 0; 1 no such program, or its configuration does not allow it; 2 wrong words

      """
    ),
    (
      "signal",
      """
      signal SIGNAL NAME…
        Sends a signal to the process of a program. `reload` is the signal its preset or its
        reload_signal names.
        examples: entrypoint signal USR1 nginx
                  entrypoint signal reload php-fpm
        exit: 0; 1 no such program or signal; 7 it does not run

      """
    ),
    (
      "pid",
      """
      pid               the supervisor's own
      pid NAME…|all     of programs, 0 where one does not run
        exit: 0; 1 no such program; 7 it does not run

      """
    ),
    (
      "tail",
      """
      tail [-f|-N] NAME [stdout|stderr]
        The last 1600 bytes of a program's log file, or the last N; -f goes on as it grows.
        examples: entrypoint tail -f worker
                  entrypoint tail -5000 worker stderr
        exit: 0; 1 no such program or no log file

      """
    ),
    (
      "shutdown",
      """
      shutdown
        Stops everything in order, and ends the supervisor.
        exit: 0; 7 it does not run

      """
    ),
    (
      "timeline",
      """
      timeline [--json|--svg]
        When each unit began, and when it was ready.
        exit: 0; 4 or 7 nobody answers

      """
    ),
    (
      "events",
      """
      events [--json]
        Follows the journal until you end it.
        exit: 0; 4 or 7 nobody answers

      """
    ),
    (
      "ready",
      """
      ready [--timeout 60s]
        Waits until everything has started; also for a supervisor that is not there yet.
        exit: 0 ready; 1 not, and why

      """
    ),
    (
      "healthcheck",
      """
      healthcheck [--json]
        A tick or a cross for each program.
        example: HEALTHCHECK CMD ["entrypoint", "healthcheck"]
        exit: 0 all are well; 1 not

      """
    ),
    (
      "smoke",
      """
      smoke [--expect 'a < b < c'] [--timeout 120s] [-c FILE]
        Boots the configuration, waits until it is ready, prints the timeline, checks that each of
        the units was ready before the next began, and shuts down.
        example: entrypoint smoke --expect 'database < migrate < php-fpm < nginx'
        exit: 0; 1 the order is wrong; else the code the supervisor ended with

      """
    ),
    (
      "wait",
      """
      wait URL… [--timeout 60s] [--interval 1s] [--probe-timeout 3s] [--quiet]
        Waits until every URL answers.
        example: entrypoint wait mysql://db redis://cache --timeout 30s
        exit: 0; 69 one did not answer in time

      """
    ),
    (
      "probe",
      """
      probe URL [--json]
        Asks once, and says what was answered.
        examples: entrypoint probe postgres://db
                  entrypoint probe fcgi://127.0.0.1:9000/ping
        exit: 0 it answers; 1 it does not; 2 that is no URL

      """
    ),
    ("version", "version\n  The version of the supervisor that answers.\n"),
    ("help", "help [COMMAND]\n  This.\n"),
  ]
}
