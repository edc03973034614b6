"""The real daemon, up, down, shutting down and closed to strangers: both clients say the same."""

import signal

import pytest
from supervised import wait_until

PROGRAMS = """
[program:cat]
command=/bin/cat
startsecs=0
[program:many]
command=/bin/cat
startsecs=0
process_name=%(program_name)s_%(process_num)02d
numprocs=2
[program:off]
command=/bin/cat
startsecs=0
autostart=false
[program:missing]
command=/nonexistent/program
autostart=false
[program:quick]
command=/bin/sh -c "sleep 0.5; exit 3"
autostart=false
startsecs=5
startretries=0
[program:talker]
command=/bin/sh -c "echo one; echo two >&2; exec sleep 1000"
[group:pair]
programs=left,right
[program:left]
command=/bin/cat
startsecs=0
[program:right]
command=/bin/cat
startsecs=0
autostart=false
"""

LOOKING = [
    "status", "status cat", "status cat:", "status cat:*", "status cat:x", "status many", "status many:*",
    "status pair:*", "status many:many_00 nope nope:* many:zz", "status all nope", "status many:* cat off",
    "status :", "status *", "status a:b:c", "pid", "pid cat", "pid off", "pid all", "pid cat nope many:*",
    "pid nope off", "pid pair:left", "pid all nope", "version", "version x", "avail", "avail x",
    "reread", "reread x", "update", "update nope", "update all", "tail", "tail -f", "tail -5", "tail -x cat",
    "tail cat foo", "tail cat stdout x", "tail nope", "tail cat:*", "tail off", "tail a b c d",
    "tail talker", "tail talker stderr", "tail -2 talker", "tail -1 talker STDERR", "tail -0 talker",
    "tail -f nope", "tail -f many:nope stderr", "maintail x", "maintail -x", "maintail 1 2",
    "maintail -f x", "maintail -100", "fg", "fg a b", "fg nope", "fg off", "fg many:*", "add", "add cat",
    "add nope", "add cat nope off", "remove", "remove cat", "remove nope cat", "open", "open foo",
    "open unix:///nope", "reload x", "shutdown x", "help", "help foo", "help help", "help status start",
    "?", "? status", "foo", "foo bar", "!ls", "0", "#", "Status", "stat", "status;pid", "_x", "=", "EOF",
    "exit", "exit x", "quit", "shell x", "status\tcat", "  pid  cat  ", "help\tpid",
]
DOING = [
    "start", "stop", "restart", "signal", "signal HUP", "clear", "start cat", "start nope nope:* nope:x",
    "start off missing quick", "status", "start all", "stop off", "stop off", "stop nope nope:* nope:x",
    "restart off nope", "restart many:*", "restart pair:left", "start :", "start pair:*", "stop pair:*",
    "start pair:right", "signal FOO cat", "signal 0 cat", "signal cont cat", "signal CONT off nope nope:* cat",
    "signal CONT all", "signal HUP quick", "clear cat nope", "clear all",
    "stop all nope", "status", "start many:* cat", "stop many:*", "restart all", "remove off", "stop off",
    "remove off", "add off", "update off", "status off", "stop all", "start many:*", "signal KILL many:many_00",
]


def texts(one, *arguments):
    return one.run(*arguments)[1]


@pytest.fixture(scope="module")
def looked_at(real, tmp_path_factory):
    from daemons import Daemon
    one = Daemon(real("supervisord"), tmp_path_factory.mktemp("up"), PROGRAMS).start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def settled(looked_at, theirs):
    """Nothing is starting any more."""
    wait_until(lambda: "STARTING" not in texts(theirs, "-s", looked_at.url, "status"))
    wait_until(lambda: "one" in texts(theirs, "-s", looked_at.url, "tail", "talker"))
    return looked_at


@pytest.mark.parametrize("line", LOOKING)
def test_what_only_looks_is_told_alike(settled, theirs, ours, line):
    hidden = [(settled.directory, "DIR")]
    expected = theirs.run("-s", settled.url, "--", line, hidden=hidden)
    assert ours.run("-s", settled.url, "--", line, hidden=hidden) == expected


@pytest.mark.parametrize("action", [
    "add", "avail", "clear", "exit", "fg", "maintail", "open", "pid", "quit", "reload", "remove", "reread",
    "restart", "shutdown", "signal", "start", "status", "stop", "tail", "update", "version", "help", "EOF"])
def test_help_is_the_same_to_the_byte(theirs, ours, action):
    expected = theirs.run("-s", "unix:///nowhere", "help", action)
    assert ours.run("-s", "unix:///nowhere", "help", action) == expected


def test_the_words_of_a_call_are_one_line(settled, theirs, ours):
    for words in (["signal CONT", "cat"], ["pid", "cat many:many_00"], ["status cat", "", "off"],
                  ["pid", "", "cat"], [" ", "pid"], [""], [" "]):
        expected = theirs.run("-s", settled.url, *words)
        assert ours.run("-s", settled.url, *words) == expected


def test_tcp_and_unix_sockets_are_the_same(settled, theirs, ours):
    for url in (settled.tcp, f"http://localhost:{settled.port}", f"{settled.tcp}/RPC2", settled.url):
        expected = theirs.run("-s", url, "status", "cat", "off")
        assert ours.run("-s", url, "status", "cat", "off") == expected
        assert expected[0] == 3


def test_what_is_done_is_told_alike(twins, theirs, ours):
    """Each line on its own daemon, so that both find the same state."""
    first, second = twins(PROGRAMS)
    for one in (first, second):
        wait_until(lambda: "STARTING" not in texts(theirs, "-s", one.url, "status"))
    for line in DOING:
        expected = in_any_order(theirs.run("-s", first.url, "--", line), line)
        assert in_any_order(ours.run("-s", second.url, "--", line), line) == expected, line


def in_any_order(said, line):
    """Of several processes the first that is ready is told first."""
    code, output, errors = said
    return (code, sorted(output.splitlines()) if "all" in line or "*" in line else output, errors)


# A configuration, and what is asked once it is in its file.
CHANGES = [
    (PROGRAMS, ["reread", "update"]),
    (PROGRAMS + "[program:new]\ncommand=/bin/cat\n[program:newer]\ncommand=/bin/cat\n",
     ["reread", "add new", "status new", "update nope", "update newer", "update"]),
    (PROGRAMS.replace("numprocs=2", "numprocs=3"), ["reread", "update many zz", "update"]),
    (PROGRAMS.replace("[program:cat]\ncommand=/bin/cat\nstartsecs=0", ""), ["reread", "update", "status"]),
]
MISTAKE = ("[program:x]\n", ["reread", "update"])


def take_over(changes, tools, daemons):
    """Both daemons are given the same files, and asked the same, each by its own client."""
    for programs, lines in changes:
        for one in daemons:
            one.write(programs)
        for line in lines:
            said = [tool.run("-s", one.url, line, hidden=[(one.directory, "DIR")])
                    for tool, one in zip(tools, daemons)]
            assert said[1] == said[0], line
            wait_until(lambda: all("STARTING" not in texts(tools[1], "-s", one.url, "status")
                                   for one in daemons))


def test_a_changed_configuration_is_taken_over_alike(twins, theirs, ours):
    take_over([*CHANGES, MISTAKE], (theirs, ours), twins(PROGRAMS))


ALL = ["status", "status cat", "pid", "pid cat", "start cat", "start cat:*", "start all", "stop cat",
       "stop all", "restart cat", "signal HUP cat", "signal HUP all", "clear cat", "clear all", "tail cat",
       "tail -f cat", "tail", "maintail", "maintail -f", "fg cat", "fg", "avail", "avail x", "reread",
       "update", "update cat", "add cat", "add", "remove cat", "reload", "reload x", "shutdown", "shutdown x",
       "version", "version x", "help", "help pid", "foo", "start", "stop", "signal"]


@pytest.mark.parametrize("url", ["unix:///nowhere/s.sock", "http://127.0.0.1:1", "http://[::1]:1",
                                 "http://localhost:1", "unix:///tmp", "foo:/x", "https://localhost:1"])
def test_a_server_that_is_down_is_told_alike(theirs, ours, url):
    for line in ALL:
        assert ours.run("-s", url, line) == theirs.run("-s", url, line), line


def test_who_has_no_password_is_told_so(daemon, theirs, ours):
    one = daemon("[program:cat]\ncommand=/bin/cat\n", username="u", password="p%%ss:wörd")
    for line in [line for line in ALL if line not in ("tail -f cat", "fg cat", "maintail -f")]:
        for flags in ([], ["-u", "u", "-p", "wrong"]):
            words = ["-s", one.url, *flags, line]
            assert ours.run(*words) == theirs.run(*words), words
    words = ["-s", one.tcp, "-u", "u", "-p", "p%ss:wörd", "pid"]
    assert ours.run(*words)[:2] == (0, "PID\n")


def test_a_server_that_is_ending_is_told_alike(daemon, theirs, ours):
    stubborn = "[program:cat]\ncommand=/bin/sh -c \"trap '' TERM; echo up; while :; do sleep 1; done\"\n" \
        "stopwaitsecs=600\n"
    one = daemon(stubborn)
    wait_until(lambda: "up" in texts(theirs, "-s", one.url, "tail cat"))
    assert ours.run("-s", one.url, "shutdown") == (0, "Shut down\n", "")
    for line in ALL:
        assert ours.run("-s", one.url, line) == theirs.run("-s", one.url, line), line


def test_the_whole_daemon_is_restarted_and_ended(twins, theirs, ours):
    first, second = twins("[program:cat]\ncommand=/bin/cat\n")
    assert ours.run("-s", second.url, "reload") == theirs.run("-s", first.url, "reload")
    for one in (first, second):
        wait_until(lambda: ours.run("-s", one.url, "pid")[0] == 0)
    assert ours.run("-s", second.url, "shutdown") == theirs.run("-s", first.url, "shutdown")
    for one in (first, second):
        assert one.process.wait(20) == 0
    assert ours.run("-s", first.url, "shutdown") == theirs.run("-s", first.url, "shutdown")


def test_a_log_is_followed_until_ctrl_c(daemon, ours):
    one = daemon("[program:talker]\ncommand=/bin/sh -c \"echo one; echo h\u00e9; exec sleep 1000\"\n")
    wait_until(lambda: "\u00e9" in texts(ours, "-s", one.url, "tail talker"))
    process = ours.start("-s", one.url, "tail", "-f", "talker")
    wait_until(lambda: "\u00e9\n" in process.said())
    process.interrupt()
    assert process.wait() == 0
    assert process.said() == "==> Press Ctrl-C to exit <==\none\nh\u00e9\n\n"


def test_a_log_is_followed_until_the_server_goes(daemon, ours):
    one = daemon("[program:talker]\ncommand=/bin/sh -c \"echo one; exec sleep 1000\"\n")
    wait_until(lambda: "one" in texts(ours, "-s", one.url, "tail talker"))
    process = ours.start("-s", one.url, "tail", "-f", "talker")
    wait_until(lambda: "one\n" in process.said())
    ours.run("-s", one.url, "shutdown")
    assert process.wait() == 0
    assert process.said() == "==> Press Ctrl-C to exit <==\none\n"


def test_ctrl_c_ends_a_call_that_takes_long(daemon, ours):
    one = daemon("[program:slow]\ncommand=/bin/cat\nstartsecs=1000\nautostart=false\n")
    process = ours.start("-s", one.url, "start", "slow")
    wait_until(lambda: "STARTING" in texts(ours, "-s", one.url, "status"))
    process.interrupt()
    assert process.wait() == 128 + signal.SIGINT
