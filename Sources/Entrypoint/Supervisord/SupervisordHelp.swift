/// What `supervisord -h` prints: the options, under supervisord's names.
package enum SupervisordHelp {
  /// The release whose behaviour, interface and version number we have.
  package static let compatibleVersion = "4.3.0"

  /// Said to root when no `-c` names the configuration.
  package static let searchWarning =
    "Supervisord is running as root and it is searching for its configuration file in default "
    + "locations (including its current working directory); you probably want to specify a "
    + "\"-c\" argument specifying an absolute path to a configuration file for improved security."

  package static func text(calledAs name: String) -> String {
    """
    supervisord -- run a set of applications: start, restart, and stop them in order.

    Usage: \(name) [options]

    Options:
    -c/--configuration FILENAME -- the configuration (searched for if not given)
    -n/--nodaemon -- stay in the foreground (nodaemon=true)
    -s/--silent -- no log on stdout (silent=true)
    -h/--help -- print this and exit
    -v/--version -- print the version and exit
    -u/--user USER -- run as this user, by name or uid
    -m/--umask UMASK -- file mode creation mask of the daemon (022)
    -d/--directory DIRECTORY -- working directory of the daemon
    -l/--logfile FILENAME -- use FILENAME as the main log
    -y/--logfile_maxbytes BYTES -- rotate the main log at this size
    -z/--logfile_backups NUM -- rotated main logs to keep
    -e/--loglevel LEVEL -- critical, error, warn, info, debug, trace or blather
    -j/--pidfile FILENAME -- a file for our process id
    -i/--identifier STR -- the name of this instance
    -q/--childlogdir DIRECTORY -- where AUTO logs of programs go
    -k/--nocleanup -- leave old AUTO logs where they are
    -a/--minfds NUM -- open files we must be allowed to have
    -t/--strip_ansi -- take escape sequences out of what programs write
    --minprocs NUM -- processes we must be allowed to have
    --profile_options OPTIONS -- accepted, without effect

    Other names of this binary: supervisorctl, echo_supervisord_conf, pidproxy, entrypoint.

    """
  }
}
