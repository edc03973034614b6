"""Where ours differs on purpose: the rows of the README that no other file holds. Each test is marked
with the first cell of its row, and the tidy tests see to it that every row has one."""

import contextlib
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import xml.parsers.expat

import pytest
from pairs import alive
from peers import Peer
from readings import of_ours, of_theirs
from supervised import Supervised, wait_until
from test_event_streams import listener, sent

CAT = "[program:cat]\ncommand=/bin/cat\nstdout_logfile=%DIR%/cat.out\nstderr_logfile=NONE\n"


def with_log(peers, content):
    both = peers(CAT)
    both.until("cat", "RUNNING")
    for peer in (both.theirs, both.ours):
        (peer.directory / "cat.out").write_bytes(content)
    return both


@pytest.mark.difference("a log read or tailed from inside a character, or with colours and control characters in it")
@pytest.mark.parametrize("method, place, ours", [
    ("readProcessStdoutLog", (1, 0), "\ufffdrld"), ("readProcessStdoutLog", (0, 1), "\ufffd"),
    ("tailProcessStdoutLog", (0, 4), ["\ufffdrld", 5, True]),
])
def test_a_piece_that_begins_inside_a_character(peers, method, place, ours):
    both = with_log(peers, "\u00f6rld".encode())
    assert both.each(lambda peer: peer.call(method, "cat", *place)) == [("HTTP", 500), ours]


@pytest.mark.difference("a log read or tailed from inside a character, or with colours and control characters in it")
def test_colours_and_control_characters_in_a_log(peers):
    both = with_log(peers, b"\x1b[31mred\x00\n")
    with pytest.raises(xml.parsers.expat.ExpatError):
        both.theirs.call("readProcessStdoutLog", "cat", 0, 0)
    assert both.ours.call("readProcessStdoutLog", "cat", 0, 0).endswith("[31mred\ufffd\n")


@pytest.mark.difference("a `system.multicall` with more than 4 MB of one log, or 16 MB in all")
def test_several_answers_in_one_have_an_end(peers):
    both = with_log(peers, b"x" * (5 << 20))
    call = {"methodName": "supervisor.readProcessLog", "params": ["cat", 0, 0]}
    theirs, ours = both.each(lambda peer: peer.call("system.multicall", [call]))
    assert [len(theirs[0]), ours[0]["faultCode"]] == [5 << 20, 30]
    assert both.each(lambda peer: len(peer.call("readProcessLog", "cat", 0, 0))) == [5 << 20] * 2


@pytest.mark.difference("where a page's button leads to")
def test_the_way_back_to_the_page(peers):
    both = peers(CAT)
    both.until("cat", "RUNNING")

    def location(peer):
        connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=30)
        connection.request("GET", "/?action=refresh", headers={"Host": "box"})
        return connection.getresponse().getheader("Location").partition("?")[0]
    assert both.each(location) == ["http://box/", "./"]


@pytest.mark.difference("a parameter of the wrong type")
def test_parameters_of_another_type(peers):
    both = with_log(peers, b"x")
    for method, *parameters in (("readProcessStdoutLog", "cat", "x", 0), ("tailProcessLog", "cat", 0, "x"),
                                ("getProcessInfo", 1), ("startProcess", ["cat"])):
        said = both.each(lambda peer: peer.call(method, *parameters))
        assert said == [("HTTP", 500), ("Fault 2", "INCORRECT_PARAMETERS")], method


@pytest.mark.difference("`getAllConfigInfo`")
def test_a_number_above_two_billion(peers):
    both = peers(CAT + "stdout_logfile_maxbytes=3GB\n")
    assert both.theirs.call("getAllConfigInfo") == ("HTTP", 500)
    assert both.ours.call("getAllConfigInfo")[0]["stdout_logfile_maxbytes"] == 3 << 30


@pytest.mark.difference("`getAllConfigInfo`")
def test_autorestart_is_told(peers):
    both = peers(CAT + "autorestart=true\n")
    assert both.each(lambda peer: peer.call("getAllConfigInfo")[0].get("autorestart")) == [None, True]


@pytest.mark.difference("starting a program with `startsecs=0` that ends at once")
def test_a_program_that_ends_at_once_and_may(peers):
    """Without startsecs it has run, however soon it ends; supervisord's answer depends on which of the
    two it sees first."""
    both = peers("[program:quick]\ncommand=sh -c 'exit 4'\nstartsecs=0\nautostart=false\nautorestart=false\n")
    for _ in range(5):
        assert both.ours.call("startProcess", "quick") is True
        both.ours.until("quick", "EXITED")
    assert both.theirs.call("startProcess", "quick") in (True, ("Fault 50", "SPAWN_ERROR: quick"))


@pytest.mark.difference("a `directory` that is not there, a script without `#!`")
def test_a_directory_that_is_not_there(peers):
    both = peers("[program:lost]\ncommand=/bin/cat\ndirectory=/nope\nautostart=false\nstartretries=0\n"
                 "startsecs=5\nstderr_logfile=%DIR%/err\n")
    for peer in (both.theirs, both.ours):
        assert peer.call("startProcess", "lost") == ("Fault 50", "SPAWN_ERROR: lost")
    assert both.each(lambda peer: peer.info("lost")["spawnerr"]) == [
        "Exited too quickly (process log may have details)", "couldn't chdir: no such file or directory"]


SAME_NAME = "[program:a]\ncommand=/bin/cat\n[fcgi-program:a]\ncommand=/bin/cat\nsocket=unix://%DIR%/a\n" \
    "[group:g]\nprograms=a\n"


def of(row, *values):
    return pytest.param(*values, marks=pytest.mark.difference(row), id=row)


@pytest.mark.parametrize("text, theirs, ours", [
    of("`[rpcinterface:x]` and `[ctlplugin:x]` of others, `result_handler`",
       "[rpcinterface:x]\nsupervisor.rpcinterface_factory=foo:bar\n", "foo:bar cannot be resolved",
       "names Python code, which cannot run here; it is ignored"),
    of("`[rpcinterface:x]` and `[ctlplugin:x]` of others, `result_handler`",
       "[eventlistener:e]\ncommand=/bin/cat\nevents=TICK_5\nresult_handler=foo:bar\n",
       "foo:bar cannot be resolved", "names Python code, which cannot run here; every result is accepted"),
    of("a `pidfile` in a directory that is not there", "[supervisord]\npidfile=/nope/pid\n",
       "The directory named as part of the path /nope/pid", "could not write pidfile /nope/pid"),
    of("`user=1000` without an entry in `/etc/passwd`", "[program:a]\ncommand=/bin/cat\nuser=99999\n",
       "Invalid user id 99999", ""),
    of("a program and an fcgi-program of one name", SAME_NAME, "name a is ambiguous",
       "'a' is defined more than once"),
    of("a comma too many in a list, or a list of several lines", "[program:a]\ncommand=/bin/cat\nexitcodes=0,\n",
       "not a valid list of exit codes: '0,'", ""),
    of("a comma too many in a list, or a list of several lines",
       "[eventlistener:e]\ncommand=/bin/cat\nevents=TICK_5,\n", "Unknown event type  in", ""),
    of("a comma too many in a list, or a list of several lines",
       "[program:a]\ncommand=/bin/cat\n[group:g]\nprograms=a,\n", "names unknown program", ""),
    of("a comma too many in a list, or a list of several lines",
       "[program:a]\ncommand=/bin/cat\n[program:b]\ncommand=/bin/cat\n[group:g]\nprograms=a\n b\n",
       "names unknown program", ""),
    of("addresses of IPv6", "[fcgi-program:f]\ncommand=/bin/cat\nsocket=tcp://[::1]:9\n", "Bad socket format", ""),
    of("durations and `unlimited`", "[program:a]\ncommand=/bin/cat\nstartsecs=2s\nstopwaitsecs=1m\n",
       "invalid literal for int()", ""),
    of("durations and `unlimited`", "[program:a]\ncommand=/bin/cat\nstartretries=unlimited\n",
       "invalid literal for int()", ""),
])
def test_what_loads_here_and_not_there(real, links, tmp_path, text, theirs, ours):
    text = text.replace("command=/bin/cat", "command=/bin/cat\nautostart=false")
    refused, loaded = (Peer(program, tmp_path / name, supervisord=f"control=%DIR%/{name}.sock")
                       for name, program in (("theirs", real("supervisord")),
                                             ("ours", links / "supervisord"))
                       if not (tmp_path / name).mkdir())
    for one in (refused, loaded):
        one.write(text)
    with pytest.raises(AssertionError, match="For help, use") as said:
        refused.start()
    assert theirs in str(said.value)
    try:
        assert loaded.start().call("getState")["statename"] == "RUNNING"
        wait_until(lambda: ours.encode() in loaded.log("output") + (loaded.log("main.log") or b""),
                   what=f"{ours!r} of ours")
    finally:
        loaded.kill()


@pytest.mark.difference("a byte-order mark")
def test_a_byte_order_mark(real, links, tmp_path):
    one = Peer(links / "supervisord", tmp_path, supervisord="control=%DIR%/control.sock")
    one.configuration.write_text("\ufeff" + one.configuration.read_text())
    done = subprocess.run([real("supervisord"), "-n", "-c", str(one.configuration)], capture_output=True,
                          text=True)
    assert done.returncode == 2 and "File contains no section headers" in done.stderr
    try:
        assert one.start().call("getState")["statename"] == "RUNNING"
    finally:
        one.kill()


@pytest.mark.difference("an unset `stdout_logfile`, started as `entrypoint`")
def test_output_that_goes_nowhere_else_is_the_container_s(peers, tmp_path):
    programs = "[program:a]\ncommand=sh -c 'echo spoken; exec sleep 1000'\n"
    one = Supervised(tmp_path, programs).start()
    try:
        wait_until(lambda: "spoken" in one.said(), what="the output")
    finally:
        one.kill()
    for peer in (lambda both: (both.theirs, both.ours))(peers(programs)):
        peer.until("a", "RUNNING")
        path = pathlib.Path(peer.info("a")["stdout_logfile"])
        assert re.fullmatch(r"a-stdout---supervisor-\w{8}\.log", path.name)
        wait_until(lambda: path.read_text() == "spoken\n", what="the output in its file")


DEAF = "command=sh -c \"trap '' TERM; echo up; while :; do sleep 0.1; done\"\nstopwaitsecs=2\n"


@pytest.mark.difference("shutdown")
def test_a_shutdown_takes_the_longest_grace_and_not_their_sum(pair):
    both = pair("".join(f"[program:{name}]\n{DEAF}" for name in "abc")).start()

    def act(side):
        for name in "abc":
            side.until(name, "RUNNING")
        began = time.monotonic()
        assert side.end() == 0
        return time.monotonic() - began

    theirs, ours = both.both(act)
    assert ours < 5 < 6 <= theirs


@pytest.mark.difference("`killasgroup`")
def test_what_is_left_of_a_group_is_killed(pair):
    """Its leader goes with the first signal, and leaves somebody behind."""
    left = "sh -c \"(trap '' TERM; echo up; while :; do sleep 0.1; done) & echo $! > %DIR%/left; wait\""
    both = pair(f"[program:a]\ncommand={left}\nkillasgroup=true\nstopwaitsecs=1\n"
                "stdout_logfile=%DIR%/a.log\n").start()

    def act(side):
        side.until("a", "RUNNING")
        side.until_said("up", "a.log")
        assert side.rpc("stopProcess", "a") is True
        return int(side.file("left"))

    theirs, ours = both.both(act)
    wait_until(lambda: not alive(ours), what="its end")
    assert alive(theirs)
    os.kill(theirs, signal.SIGKILL)


@pytest.mark.difference("SIGUSR1")
def test_a_signal_that_means_nothing(pair):
    both = pair("[program:a]\ncommand=sleep 1000\n").start()

    def act(side):
        side.until("a", "RUNNING")
        pid = side.pid("a")
        side.send(signal.SIGUSR1)
        return pid

    orphan, child = both.both(act)
    theirs, ours = both.sides
    assert theirs.process.wait(10) == -signal.SIGUSR1 and alive(orphan)
    os.kill(orphan, signal.SIGKILL)
    assert (ours.pid("a"), ours.state("a"), ours.process.poll()) == (child, "RUNNING", None)


@pytest.mark.difference("`%(ENV_x)s` between quotation marks in `environment`")
def test_a_password_is_taken_as_it_is(pair):
    both = pair("[program:a]\ncommand=sh -c 'printf %%s \"$URL\" > %DIR%/url; exec sleep 1000'\n"
                "environment=URL=\"%(ENV_PASSWORD)s\"\n")
    for side in both.sides:
        starter = side.directory / "starter"
        starter.write_text(f"#!/bin/sh\nPASSWORD='pa\"x\"ss' exec {side.program} \"$@\"\n")
        starter.chmod(0o755)
        side.program = starter
    both.start()
    for side in both.sides:
        side.until_said("pa", "url")
    assert [side.file("url") for side in both.sides] == ["pa", 'pa"x"ss']


@pytest.mark.difference("SIGPWR")
def test_a_container_that_loses_its_power_is_shut_down(pair):
    both = pair("[program:a]\ncommand=sleep 1000\n").start()

    def act(side):
        side.until("a", "RUNNING")
        pid = side.pid("a")
        side.send(signal.SIGPWR)
        return pid

    orphan, child = both.both(act)
    theirs, ours = both.sides
    assert theirs.process.wait(30) == -signal.SIGPWR and alive(orphan)
    os.kill(orphan, signal.SIGKILL)
    assert ours.process.wait(30) == 0 and not alive(child)


@pytest.mark.difference("HUP or `reload` with a broken configuration")
@pytest.mark.parametrize("how", ["HUP", "reload"])
def test_a_broken_configuration_ends_nothing(pair, ours, how):
    both = pair("[program:a]\ncommand=sleep 1000\n").start()

    def act(side):
        side.until("a", "RUNNING")
        pid = side.pid("a")
        side.write("[program:a]\ncommand=sleep 1000\npriority=x\nstartsecs=y\n")
        return pid, ours.run("-s", side.url, "reload") if how == "reload" else side.send(signal.SIGHUP)

    (gone, their_words), (pid, words) = both.both(act)
    theirs, own = both.sides
    assert theirs.process.wait(10) == 2 and not alive(gone)
    own.until_said("startsecs=y in [program:a]: not a valid duration")
    assert "priority=x in [program:a]: invalid literal for int()" in own.file("main.log")
    assert (own.pid("a"), own.state("a")) == (pid, "RUNNING")
    if how == "reload":
        assert their_words == (0, "Restarted supervisord\n", "")
        assert words[0] == 1 and words[2] == ""
        assert re.match(r"ERROR: not restarted: CANT_REREAD: \S+/supervisord.conf:\d+:\d+: error: ", words[1])


@pytest.mark.difference("HUP or `reload`, and a socket")
def test_a_socket_outlives_a_reload(pair):
    both = pair("[program:a]\ncommand=sleep 1000\n").start()

    def reload(side, configuration):
        pid = side.until("a", "RUNNING") and side.pid("a")
        side.write(configuration)
        side.send(signal.SIGHUP)
        return pid

    def inode(side):
        return os.stat(side.url.removeprefix("unix://")).st_ino

    def is_back(side, gone):
        with contextlib.suppress(OSError):  # Theirs refuses in between.
            return not alive(gone) and side.state("a") == "RUNNING"

    # Kept by another name, its number is given to no other.
    for side in both.sides:
        os.link(side.url.removeprefix("unix://"), side.directory / "kept")
    before = [inode(side) for side in both.sides]
    pids = both.both(lambda side: reload(side, "[program:a]\ncommand=sleep 1000\n"))
    for side, pid in zip(both.sides, pids):
        wait_until(lambda: is_back(side, pid), what="another a")
    assert [inode(side) == known for side, known in zip(both.sides, before)] == [False, True]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        both.both(lambda side: reload(side, f"[inet_http_server]\nport=127.0.0.1:{port}\n[program:a]\ncommand=sleep 1000\n"))
        theirs, ours = both.sides
        assert theirs.process.wait(30) == 2
        ours.until_said("Another program is already listening on a port")
    ours.until("a", "RUNNING")


@pytest.mark.difference("log rotation")
def test_a_log_is_rotated_at_the_end_of_a_line(pair):
    both = pair("[program:a]\ncommand=sh -c 'printf first; read x; echo and last; exec sleep 1000'\n"
                "stdout_logfile=%DIR%/a.log\nstdout_logfile_maxbytes=3\n").start()

    def act(side):
        side.until("a", "RUNNING")
        wait_until(lambda: side.file("a.log") + side.file("a.log.1") == "first")
        side.rpc("sendProcessStdin", "a", "\n")
        wait_until(lambda: "last" in side.file("a.log") + side.file("a.log.1") + side.file("a.log.2"))
        whole = "firstand last\n"
        return whole in (side.file("a.log"), side.file("a.log.1"))

    assert both.both(act) == (False, True)


@pytest.mark.difference("an event that a listener fails")
def test_a_listener_that_fails_is_given_time(pair):
    both = pair(listener("l", "REMOTE_COMMUNICATION", "fails")).start()
    theirs, ours = both.sides
    for side in both.sides:
        side.until("l", "RUNNING")
        side.rpc("sendRemoteCommEvent", "a", "b")
    wait_until(lambda: len(sent(ours, "l")) >= 3, what="another attempt")
    wait_until(lambda: len(sent(theirs, "l")) >= 100, what="very many")
    assert len(sent(ours, "l")) < 10
    # Theirs would keep a processor busy until all tests here are done.
    both.kill()


@pytest.mark.difference("a configuration with errors")
def test_all_that_is_wrong_is_said_with_its_place(real, links, tmp_path):
    path = tmp_path / "s.conf"
    path.write_text("[supervisord]\n[program:a]\ncommand=x\npriority=x\nautorestart=always\n")
    theirs, ours = (subprocess.run([program, "-n", "-c", str(path)], capture_output=True, text=True)
                    for program in (real("supervisord"), links / "supervisord"))
    assert (theirs.returncode, ours.returncode) == (2, 2)
    last = f"\nFor help, use {real('supervisord')} -h\n"
    assert theirs.stderr == "Error: invalid literal for int() with base 10: 'x'" + last
    words = sorted(ours.stderr.removeprefix("Error: ").splitlines()[:2])
    assert f"{path}:4:10: error: priority=x" in words[0] and "base 10: 'x'" in words[0]
    assert f"{path}:5:13: error: autorestart=always" in words[1] and "write true, false" in words[1]


@pytest.mark.difference("numbers below zero")
def test_numbers_below_zero_are_zeros(peers):
    keys = ("startsecs", "stopwaitsecs", "startretries", "stdout_logfile_maxbytes", "stdout_logfile_backups")
    both = peers("[program:a]\ncommand=sleep 1000\n" + "".join(f"{key}=-1\n" for key in keys))
    both.until("a", "RUNNING")
    told = both.each(lambda peer: {peer.call("getAllConfigInfo")[0][key] for key in keys})
    assert told == [{-1}, {0}]
    wait_until(lambda: b"startretries=-1 in [program:a]: below zero it counts as 0" in both.ours.log("output"))


@pytest.mark.difference("a comma in the path of a log")
def test_a_comma_divides_two_logs(real, links, tmp_path):
    path = tmp_path / "s.conf"
    path.write_text("[supervisord]\n[program:a]\ncommand=x\nstdout_logfile=/tmp/a,/tmp/b\n")
    theirs = of_theirs(real("python"), [path], dict(os.environ), tmp_path)[str(path)]
    assert theirs == "exit 2"
    path.write_text(path.read_text().replace("/tmp/a,/tmp/b", "a,b"))
    theirs = of_theirs(real("python"), [path], dict(os.environ), tmp_path)[str(path)]
    assert theirs[0]["stdout_logfile"] == "a,b"
    ours = of_ours(links / "supervisord", path, dict(os.environ))
    assert ours[0]["stdout_logfile"] == f"{tmp_path}/a"


@pytest.mark.difference("the mode of log files of programs that do not run as root")
@pytest.mark.needs_root
def test_log_files_of_a_program_that_does_not_run_as_root(peers, tmp_path):
    """The name decides: called supervisord ours makes them as supervisord does."""
    both = peers("[program:cat]\ncommand=/bin/cat\nuser=www-data\nstdout_logfile=%DIR%/cat.out\n"
                 "stderr_logfile=NONE\n")
    both.until("cat", "RUNNING")
    logs = both.each(lambda peer: wait_until((peer.directory / "cat.out").stat, what="a log"))
    assert [log.st_mode & 0o777 for log in logs] == [0o644, 0o644]
    (tmp_path / "own").mkdir()
    own = Supervised(tmp_path / "own", "[program:cat]\ncommand=sleep 1000\nuser=www-data\n"
                     "stdout_logfile=%DIR%/cat.out\n").start()
    try:
        own.ready()
        status = wait_until((own.directory / "cat.out").stat, what="a log")
        assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o640, 0, 33)
    finally:
        own.kill()


@pytest.mark.difference(
    "a log, pid file, socket or `childlogdir` in a directory that an unprivileged user may change")
@pytest.mark.needs_root
def test_a_log_that_its_user_has_made_a_link(peers):
    both = peers("[program:cat]\ncommand=/bin/cat\nautostart=false\nstdout_logfile=%DIR%/cat.out\n"
                 "stderr_logfile=NONE\n")
    for directory in both.each(lambda peer: peer.directory):
        (directory / "victim").write_text("")
        (directory / "cat.out").symlink_to(directory / "victim")
        for path in (directory, directory / "cat.out"):
            os.chown(path, 33, 33, follow_symlinks=False)
    both.each(lambda peer: peer.call("startProcess", "cat"))
    both.each(lambda peer: peer.call("sendProcessStdin", "cat", "line\n"))
    theirs, ours = both.each(lambda peer: peer.directory / "victim")
    wait_until(lambda: theirs.read_text() == "line\n", what="the line in the file that the link leads to")
    wait_until(lambda: "line\n" in (both.ours.directory / "output").read_text(), what="the line on stderr")
    assert ours.read_text() == ""
