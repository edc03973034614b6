/// Pages of the commands that read a configuration, and of those that help to write one.
extension Help {
  static let configurationPages: [(word: String, text: String)] = [
    (
      "check",
      """
      check [--strict] [--json] [-c FILE]
        Says everything that is wrong with the configuration, with file, line and column, and apart
        from that what loads but will hurt; [supervisord] allow=NAME,… silences such advice.
        --strict  warnings and advice count as errors
        exit: 0 it would start; 2 it would not

      """
    ),
    (
      "config",
      """
      config [--json] [-c FILE]
        The configuration as resolved: each value, and the file and line, preset or default it
        comes from. Passwords are not shown.
        exit: 0; 2 it has errors

      """
    ),
    (
      "keys",
      """
      keys [SECTION|KEY…] [--markdown]
        What may stand in a configuration: each key, where, its default, and what it means.
        `commands` are programs, hooks and crons; `programs` are also FastCGI programs and event
        listeners.
        examples: entrypoint keys cron
                  entrypoint keys restart_jitter
        exit: 0; 1 no such key or section

      """
    ),
    (
      "import",
      """
      import FILE [--env NAME]
        Prints a configuration made from a Procfile, or from PM2's ecosystem.config.json; what is
        not carried over is a comment in it, and is said.
        --env  the fields of env_NAME go before those of env
        examples: entrypoint import Procfile > /etc/entrypoint.conf
                  entrypoint import ecosystem.config.json --env production
        exit: 0; 2 the file cannot be read

      """
    ),
    (
      "graph",
      """
      graph [--mermaid|--dot|--svg] [-c FILE]
        What starts after what, in waves.
        examples: entrypoint graph
                  entrypoint graph --svg > graph.svg
        exit: 0; 2 the configuration has errors

      """
    ),
    (
      "next",
      """
      next [CRON…] [--count 5] [--from TIME] [-c FILE]
        When the crons of the configuration run, by the clocks of their time zones, daylight saving
        included. Nothing has to run for it.
        examples: entrypoint next
                  entrypoint next backup --from 2026-03-29T00:00:00Z
        exit: 0; 1 no such cron; 2 usage, or the configuration has errors

      """
    ),
  ]
}
