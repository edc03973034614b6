"""What a program finds when it starts (section 3): the same under both."""

import json
import os
import re
import socket

import pytest

from supervised import wait_until

# Writes down what it is: environment, descriptors, ids, groups, directory, umask, signals, limits.
PROBE = r'''
import json, os, resource, signal, stat, sys
def kind(number):
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        return None
    return "pipe" if stat.S_ISFIFO(mode) else "socket" if stat.S_ISSOCK(mode) else "other"
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines()
              if ":\t" in line)
umask = os.umask(0)
facts = {
    "environment": dict(os.environ), "directory": os.getcwd(), "umask": umask,
    "descriptors": {number: kind(number) for number in range(64) if kind(number)},
    "joined": os.path.samestat(os.fstat(1), os.fstat(2)),
    "ids": [os.getresuid(), os.getresgid(), sorted(os.getgroups())],
    "leads": os.getpgrp() == os.getpid(), "session": os.getsid(0) == os.getsid(os.getppid()),
    "blocked": status["SigBlk"].strip(),
    "files": resource.getrlimit(resource.RLIMIT_NOFILE), "arguments": sys.argv[2:],
    "parent": os.getppid(),
}
target = os.environ.get("PROBE_TARGET", sys.argv[1])
with open(target + ".tmp", "w") as file:
    json.dump(facts, file)
os.rename(target + ".tmp", target)
signal.pause()
'''

PROGRAMS = r"""
[program:simple]
command=/usr/bin/python3 %DIR%/probe.py %DIR%/facts/simple one "two three" 'fo"ur' five\ six %%n
[program:rich]
command=/usr/bin/python3 %DIR%/probe.py %DIR%/facts/rich %(program_name)s %(process_num)d %(ENV_GIVEN)s
process_name=%(program_name)s_%(process_num)02d
directory=/usr
umask=077
environment=SHARED="program",OWN="a,b=c",SUPERVISOR_PROCESS_NAME="mine"
redirect_stderr=true
serverurl=http://127.0.0.1:1
[program:other]
command=/usr/bin/python3 %DIR%/probe.py %DIR%/facts/other
user=nobody
[program:pathless]
command=found-by-path
environment=PATH="%DIR%/bin"
[group:pair]
programs=left,right
[program:left]
command=/usr/bin/python3 %DIR%/probe.py %DIR%/facts/left
[program:right]
command=/usr/bin/python3 %DIR%/probe.py %DIR%/facts/right
[fcgi-program:fast]
command=/usr/bin/python3 %DIR%/probe.py %DIR%/facts/fast
socket=unix://%DIR%/fast.sock
socket_mode=0640
[program:signals]
command=sh -c "grep SigIgn /proc/self/status > %DIR%/signals; sleep 1000"
[eventlistener:ears]
command=/usr/bin/python3 %DIR%/probe.py %DIR%/facts/ears
events=TICK_3600
"""
NAMES = ["simple", "rich", "other", "pathless", "left", "right", "fast", "ears"]


@pytest.fixture(scope="module")
def facts(pair):
    """What each program has found, under either."""
    both = pair(PROGRAMS, supervisord='environment=SHARED="global",WIDE="yes",SUPERVISOR_ENABLED="2"')
    for side in both.sides:
        (side.directory / "probe.py").write_text(PROBE)
        (side.directory / "facts").mkdir()
        (side.directory / "facts").chmod(0o777)
        (side.directory / "bin").mkdir()
        found = side.directory / "bin/found-by-path"
        found.write_text(f"#!/bin/sh\nexec /usr/bin/python3 {side.directory}/probe.py "
                         f"{side.directory}/facts/pathless\n")
        found.chmod(0o755)
    os.environ["GIVEN"] = "from outside"
    os.environ.pop("PROBE_TARGET", None)
    try:
        both.start()
    finally:
        del os.environ["GIVEN"]

    def gather(side):
        for name in NAMES:
            wait_until((side.directory / "facts" / name).exists, 15,
                       f"{name} under {side.program}: {side.file('main.log')}")
        return {name: plain(side, side.file(f"facts/{name}")) for name in NAMES}

    theirs, ours = both.both(gather)
    return both, theirs, ours


def plain(side, text):
    return json.loads(text.replace(str(side.directory), "DIR").replace(str(side.port), "PORT"))


@pytest.mark.parametrize("name", NAMES)
def test_the_environment(facts, name):
    _, theirs, ours = facts
    assert ours[name]["environment"] == theirs[name]["environment"]
    assert ours[name]["environment"]["WIDE"] == "yes"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fact", ["directory", "umask", "joined", "ids", "leads",
                                  "arguments", "blocked"])
def test_what_it_runs_as_and_where(facts, name, fact):
    _, theirs, ours = facts
    assert ours[name][fact] == theirs[name][fact]


@pytest.mark.difference("the session of a program")
@pytest.mark.parametrize("name", NAMES)
def test_its_session(facts, name):
    _, theirs, ours = facts
    assert (theirs[name]["session"], ours[name]["session"]) == (True, False)


@pytest.mark.parametrize("name", NAMES)
def test_its_parent_is_the_daemon(facts, name):
    both, theirs, ours = facts
    assert [found[name]["parent"] for found in (theirs, ours)] \
        == [side.process.pid for side in both.sides]


@pytest.mark.parametrize("name", NAMES)
def test_it_has_three_descriptors_and_no_more(facts, name):
    _, theirs, ours = facts
    assert ours[name]["descriptors"] == theirs[name]["descriptors"]


@pytest.mark.difference("SIGPIPE in programs")
def test_it_ignores_no_signal(facts):
    """supervisord's programs inherit from Python that SIGPIPE and SIGXFSZ are ignored."""
    both, _, _ = facts

    def ignored(side):
        side.until_said("SigIgn", "signals")
        return int(side.file("signals").split()[1], 16)

    theirs, ours = both.both(ignored)
    # What this very session ignores comes on top of them there.
    assert theirs & (1 << 12 | 1 << 24) == 1 << 12 | 1 << 24 and ours == 0


def test_the_limit_of_open_files(facts):
    _, theirs, ours = facts
    assert ours["simple"]["files"] == theirs["simple"]["files"]


def test_the_socket_of_a_fastcgi_program(facts):
    both, theirs, ours = facts
    assert theirs["fast"]["descriptors"]["0"] == ours["fast"]["descriptors"]["0"] == "socket"

    def look(side):
        status = (side.directory / "fast.sock").stat()
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(side.directory / "fast.sock"))
        return status.st_mode, status.st_uid, status.st_gid

    both.alike(look)


@pytest.mark.parametrize("server", ["unix", "inet", "neither"])
def test_the_url_of_the_server(pair, server):
    both = pair("[program:a]\ncommand=sh -c 'echo ${SUPERVISOR_SERVER_URL-none} > %DIR%/url; sleep 1000'\n")

    def act(side):
        text = side.configuration.read_text()
        if server != "unix":
            text = text.replace("[unix_http_server]", "[was_unix]")
        if server == "neither":
            text = text.replace("[inet_http_server]", "[was_inet]")
        side.configuration.write_text(text)
        side.answers = lambda: (side.directory / "url").exists()
        side.start()
        side.until_said("\n", "url")
        return side.file("url").replace(str(side.directory), "DIR").replace(str(side.port), "PORT")

    assert both.alike(act) == {"unix": "unix://DIR/s.sock\n", "inet": "http://127.0.0.1:PORT\n",
                               "neither": "none\n"}[server]


def test_limits_are_raised_alike(pair):
    """Soft limits below `minfds` are raised, and programs get them."""
    both = pair("[program:a]\ncommand=sh -c 'ulimit -Sn > %DIR%/limit; sleep 1000'\n",
                supervisord="minfds=300")
    for side in both.sides:
        starter = side.directory / "supervisord"
        starter.write_text(f"#!/bin/sh\nulimit -Sn 200\nexec {side.program} \"$@\"\n")
        starter.chmod(0o755)
        side.program = starter
    both.start()

    def act(side):
        side.until_said("\n", "limit")
        side.until_said("RLIMIT_NOFILE")
        said = [line for line in side.lines() if re.search("RLIMIT_NOFILE", line)]
        return side.file("limit"), said

    assert both.alike(act) == ("300\n", ["INFO Increased RLIMIT_NOFILE limit to 300"])
