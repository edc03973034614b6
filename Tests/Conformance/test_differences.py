"""Where ours differs on purpose: the rows of the README that neither other file holds."""

import subprocess
import xml.parsers.expat

import pytest
from peers import Peer
from supervised import wait_until

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


@pytest.mark.parametrize("text, theirs, ours", [
    ("[rpcinterface:x]\nsupervisor.rpcinterface_factory=foo:bar\n", "foo:bar cannot be resolved",
     "names Python code, which cannot run here; it is ignored"),
    ("[supervisord]\npidfile=/nope/pid\n", "The directory named as part of the path /nope/pid",
     "could not write pidfile /nope/pid"),
    ("[program:a]\ncommand=/bin/cat\nuser=99999\n", "Invalid user id 99999", ""),
    (SAME_NAME, "name a is ambiguous", "'a' is defined more than once"),
    ("[program:a]\ncommand=/bin/cat\nstartsecs=2s\nstopwaitsecs=1m\n", "invalid literal for int()", ""),
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
