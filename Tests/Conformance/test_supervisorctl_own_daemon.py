"""Our own daemon under the name supervisord: both clients say the same of it, and it does what the
real one does for them."""

import pytest
from daemons import Daemon
from supervised import wait_until
from test_supervisorctl_commands import CHANGES, DOING, LOOKING, PROGRAMS, in_any_order, take_over

@pytest.fixture
def own(links, tmp_path):
    started = []

    def start(programs="", **options):
        directory = tmp_path / f"own{len(started)}"
        directory.mkdir()
        one = Daemon(links / "supervisord", directory, programs, **options)
        started.append(one)
        return one.start()

    yield start
    for one in started:
        one.kill()


def settle(tool, one):
    wait_until(lambda: "STARTING" not in tool.run("-s", one.url, "status")[1])
    wait_until(lambda: tool.run("-s", one.url, "tail", "talker")[1] == "one\n\n")


def test_both_clients_hear_the_same_of_it(own, theirs, ours):
    one = own(PROGRAMS)
    settle(ours, one)
    for line in LOOKING:
        for url in (one.url, one.tcp):
            expected = theirs.run("-s", url, "--", line, hidden=[(url, "URL")])
            assert ours.run("-s", url, "--", line, hidden=[(url, "URL")]) == expected, line


def test_it_does_for_the_client_what_the_real_one_does(own, daemon, theirs, ours):
    first, second = daemon(PROGRAMS), own(PROGRAMS)
    for one in (first, second):
        settle(ours, one)
    for line in LOOKING + DOING:
        said = [in_any_order(ours.run("-s", one.url, "--", line, hidden=[(one.directory, "DIR")]), line)
                for one in (first, second)]
        assert said[1] == said[0], line


def test_it_takes_a_changed_configuration_over_as_the_real_one_does(own, daemon, ours):
    take_over(CHANGES, (ours, ours), (daemon(PROGRAMS), own(PROGRAMS)))


def test_it_knows_who_may_speak(own, theirs, ours):
    one = own("[program:cat]\ncommand=/bin/cat\n", username="u", password="p%%ss:wörd")
    for url in (one.url, one.tcp):
        for login in ([], ["-u", "u", "-p", "wrong"], ["-u", "u", "-p", "p%ss:wörd"]):
            expected = theirs.run("-s", url, *login, "pid") if login != ["-u", "u", "-p", "p%ss:wörd"] \
                else (0, "PID\n", "")
            assert ours.run("-s", url, *login, "pid") == expected


def test_a_log_of_it_is_followed_to_its_end(own, ours):
    one = own("[program:talker]\ncommand=/bin/sh -c \"echo one; exec sleep 1000\"\n")
    wait_until(lambda: "one" in ours.run("-s", one.url, "tail talker")[1])
    process = ours.start("-s", one.url, "tail", "-f", "talker")
    wait_until(lambda: "one\n" in process.said())
    assert ours.run("-s", one.url, "shutdown") == (0, "Shut down\n", "")
    assert process.wait() == 0
    assert one.process.wait(20) == 0
    assert process.said() == "==> Press Ctrl-C to exit <==\none\n"


def test_while_it_ends_it_says_so(own, theirs, ours):
    one = own("[program:cat]\ncommand=/bin/sh -c \"trap '' TERM; echo up; while :; do sleep 1; done\"\n"
              "stopwaitsecs=600\n")
    wait_until(lambda: "up" in ours.run("-s", one.url, "tail cat")[1])
    assert ours.run("-s", one.url, "shutdown") == (0, "Shut down\n", "")
    for line in ("status", "pid", "start cat", "stop all", "signal HUP cat", "clear cat", "tail cat",
                 "tail -f cat", "maintail", "fg cat", "avail", "reread", "update", "add cat", "remove cat",
                 "reload", "shutdown", "version"):
        assert ours.run("-s", one.url, line) == theirs.run("-s", one.url, line), line
    assert "SHUTDOWN_STATE" in ours.run("-s", one.url, "status")[1]
