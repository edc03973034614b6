"""Event listeners: what the same listener is sent by both, headers and payloads, and what becomes
of it when it does not do as it should."""

import pathlib
import re

import pytest

from pairs import about
from supervised import wait_until

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"


def listener(name, events, *habits, more=""):
    return f"[eventlistener:{name}]\ncommand={PYTHON} {HERE}/listener.py %DIR%/{name} " \
        f"{' '.join(habits)}\nevents={events}\nbuffer_size=200\nstopwaitsecs=2\n{more}\n"


PROGRAMS = listener("all", "EVENT") + r"""
[program:steady]
command=sleep 1000
[program:fine]
command=sh -c "sleep 1.5"
autorestart=false
[program:hasty]
command=sh -c "exit 0"
startsecs=5
startretries=1
[program:missing]
command=/nope/nope
startretries=0
[program:again]
command=sh -c "sleep 1.5; test -e %DIR%/once && exec sleep 1000; touch %DIR%/once; exit 3"
[program:talk]
command=sh -c "read x; printf 'line one'; read x; printf oops >&2; sleep 1000"
stdout_events_enabled=true
stderr_events_enabled=true
[program:captured]
command=sh -c "read x; printf '<!--XSUPERVISOR:BEGIN-->inside<!--XSUPERVISOR:END-->and a long word after that one'; sleep 1000"
stdout_capture_maxbytes=1MB
[group:pool]
programs=one,two
[program:one]
command=sleep 1000
[program:two]
command=sleep 1000
"""


class Sent:
    """One event as the listener wrote it down."""

    def __init__(self, line):
        head, self.payload = line.split("|", 1)
        self.fields = dict(word.split(":", 1) for word in head.split())
        self.keys = [word.split(":", 1)[0] for word in head.split()]
        self.name = self.fields["eventname"]
        self.shape = re.sub(r"\bpid:\d+", "pid:P", re.sub(r"\bwhen:\d+", "when:W", self.payload))

    def __repr__(self):
        return f"{self.name} {self.shape}"


def sent(side, name):
    return [Sent(line) for line in side.file(name).splitlines()]


def named(events, *beginnings):
    return [repr(event) for event in events if event.name.startswith(beginnings)]


def scenario(side):
    for name in ("all", "steady", "talk", "captured", "pool:one", "pool:two"):
        side.until(name, "RUNNING")
    for name in ("hasty", "missing"):
        side.until(name, "FATAL")
    side.until("fine", "EXITED")
    wait_until(lambda: (side.directory / "once").exists())
    side.until("again", "RUNNING")
    side.rpc("stopProcess", "steady")
    side.rpc("startProcess", "steady")
    side.rpc("sendProcessStdin", "talk", "\n")
    side.until_said("line one", "all")
    side.rpc("sendProcessStdin", "talk", "\n")
    side.rpc("sendProcessStdin", "captured", "\n")
    side.until_said("inside", "all")
    side.rpc("sendRemoteCommEvent", "kind", "data\nof two lines")
    side.rpc("stopProcessGroup", "pool")
    side.rpc("removeProcessGroup", "pool")
    side.rpc("addProcessGroup", "pool")
    side.until("pool:two", "RUNNING")
    wait_until(lambda: "TICK_5" in side.file("all"), 12)
    side.until_said("oops", "all")
    side.rpc("sendRemoteCommEvent", "the", "end")
    side.until_said("type:the", "all")
    assert side.end() == 0
    side.until_said("SUPERVISOR_STATE_CHANGE_STOPPING", "all")
    events = sent(side, "all")
    last = next(index for index, event in enumerate(events) if "type:the" in event.payload)
    return events[:last + 1], events[last + 1:]


@pytest.fixture(scope="module")
def streams(pair):
    """Until the shutdown, and from there."""
    return pair(PROGRAMS).start().both(scenario)


@pytest.mark.parametrize("name", ["steady", "fine", "hasty", "missing", "again", "talk", "captured",
                                  "one", "two", "all"])
def test_a_program_s_events_are_the_same_and_in_the_same_order(streams, name):
    theirs, ours = (about(map(repr, events), name) for events, _ in streams)
    assert ours == theirs
    assert len(ours) >= 3


def test_groups_the_daemon_and_remote_words_are_told_alike(streams):
    wanted = ("PROCESS_GROUP", "SUPERVISOR_STATE", "REMOTE_COMMUNICATION")
    theirs, ours = (named(events, *wanted) for events, _ in streams)
    assert ours == theirs
    assert "REMOTE_COMMUNICATION type:kind\\ndata\\nof two lines" in ours


def test_headers_have_the_same_fields_and_count_the_same_way(streams):
    for events, _ in streams:
        assert {tuple(event.keys) for event in events} == {
            ("ver", "server", "serial", "pool", "poolserial", "eventname", "len")}
        assert {(event.fields["ver"], event.fields["server"], event.fields["pool"])
                for event in events} == {("3.0", "supervisor", "all")}
        serials = [int(event.fields["serial"]) for event in events]
        assert serials == list(range(len(events)))
        assert serials == [int(event.fields["poolserial"]) for event in events]


def test_ticks_are_aligned_to_their_period(streams):
    for events, _ in streams:
        ticks = [event for event in events if event.name == "TICK_5"]
        assert ticks and all(int(tick.payload.split(":")[1]) % 5 == 0 for tick in ticks)


def test_the_end_is_told_before_programs_are_stopped(streams):
    for _, events in streams:
        assert named(events, "SUPERVISOR", "PROCESS")[0] == "SUPERVISOR_STATE_CHANGE_STOPPING "
        assert named(events, "PROCESS_STATE_STOPPING")


def test_a_rejected_event_comes_again_with_its_serials(pair):
    both = pair(listener("l", "REMOTE_COMMUNICATION", "fail2")).start()

    def brief(side):
        side.until("l", "RUNNING")
        for number in range(3):
            side.rpc("sendRemoteCommEvent", "n", str(number))
            side.until_said(f"type:n\\n{number}", "l")
        wait_until(lambda: len(sent(side, "l")) == 4)
        assert side.end() == 0
        return [(event.payload, event.fields["serial"], event.fields["poolserial"])
                for event in sent(side, "l")], about(side.lines(), "l")

    (theirs, their_log), (ours, our_log) = both.both(brief)
    assert ours == theirs == [("type:n\\n0", "0", "0"), ("type:n\\n1", "1", "1"),
                              ("type:n\\n1", "1", "1"), ("type:n\\n2", "2", "2")]
    assert [line for line in our_log if "event" in line] == ["WARN l: event was rejected"]
    calm = [[line for line in log if "waiting" not in line] for log in (their_log, our_log)]
    assert calm[1] == calm[0]


def test_an_event_whose_listener_dies_of_it_comes_again(pair):
    both = pair(listener("l", "REMOTE_COMMUNICATION", "die2", more="autorestart=true")).start()

    def brief(side):
        side.until("l", "RUNNING")
        for number in range(3):
            side.rpc("sendRemoteCommEvent", "n", str(number))
        wait_until(lambda: len(sent(side, "l")) == 4)
        assert side.end() == 0
        return [(event.payload, event.fields["poolserial"]) for event in sent(side, "l")]

    assert [payload[-1] for payload, _ in both.alike(brief)] == ["0", "1", "1", "2"]


def test_who_says_nonsense_gets_no_more_events(pair):
    both = pair(listener("l", "REMOTE_COMMUNICATION", "garbage2")).start()

    def brief(side):
        side.until("l", "RUNNING")
        for number in range(4):
            side.rpc("sendRemoteCommEvent", "n", str(number))
        side.until_said("has entered the UNKNOWN state")
        state = side.state("l")
        assert side.end() == 0
        return state, [event.payload for event in sent(side, "l")], \
            [line for line in side.lines() if "waiting" not in line]

    state, payloads, lines = both.alike(brief)
    assert (state, len(payloads)) == ("RUNNING", 2)
    assert any(line.startswith("WARN l: bad result line: ") for line in lines)


def test_a_full_buffer_drops_the_oldest(pair):
    lazy = "[eventlistener:l]\ncommand=sleep 1000\nevents=REMOTE_COMMUNICATION\nbuffer_size=3\n"
    both = pair(lazy).start()

    def brief(side):
        side.until("l", "RUNNING")
        for number in range(5):
            side.rpc("sendRemoteCommEvent", "n", str(number))
        side.until_said("discarding event 1")
        return [line for line in side.lines() if line.startswith("ERRO")]

    assert both.alike(brief) == [
        f"ERRO pool l event buffer overflowed, discarding event {number}" for number in (0, 1)]


def test_a_pool_of_three_gets_each_event_once(pair):
    text = listener("l", "REMOTE_COMMUNICATION").replace(
        "%DIR%/l", "%DIR%/l%(process_num)d")
    more = "process_name=%(program_name)s%(process_num)d\nnumprocs=3\n"
    both = pair(text + more).start()

    def brief(side):
        for number in range(3):
            side.until(f"l:l{number}", "RUNNING")
        for number in range(9):
            side.rpc("sendRemoteCommEvent", "n", str(number))
        gather = lambda: [event for number in range(3) for event in sent(side, f"l{number}")]
        wait_until(lambda: len(gather()) >= 9)
        return sorted((event.payload, event.fields["poolserial"]) for event in gather())

    assert both.alike(brief) == [(f"type:n\\n{number}", str(number)) for number in range(9)]


@pytest.mark.difference("main log lines about discarded events and reaped orphans")
def test_a_flood_of_discarded_events_does_not_fill_the_main_log(pair):
    """The first ten lines are the same; then one line a second says how many were left out."""
    both = pair("[eventlistener:l]\ncommand=sleep 1000\nevents=REMOTE_COMMUNICATION\nbuffer_size=1\n").start()
    theirs, ours = both.sides

    def brief(side):
        side.until("l", "RUNNING")
        for number in range(301):
            side.rpc("sendRemoteCommEvent", "n", str(number))
        side.until_said("discarding event 299" if side is theirs else " lines about events lost: ")
        return [line for line in side.lines() if "discarding event" in line]

    first, second = both.both(brief)
    assert len(first) == 300 and second[:10] == first[:10] and len(second) < 200


@pytest.mark.difference("`len:` of events")
@pytest.mark.parametrize("habits, more, lengths", [
    (("text",), "event_len=chars", (8, 8)), ((), "", (8, 9))], ids=["characters", "bytes"])
def test_the_length_of_what_is_not_ascii(pair, habits, more, lengths):
    """supervisord counts characters, which only listeners that read text can follow; we count bytes
    unless `event_len` says otherwise."""
    both = pair(listener("l", "REMOTE_COMMUNICATION", *habits, more=more)).start()

    def brief(side):
        side.until("l", "RUNNING")
        side.rpc("sendRemoteCommEvent", "n", "\u00e9")
        side.until_said("type:n", "l")
        return int(sent(side, "l")[0].fields["len"])

    assert both.both(brief) == lengths


@pytest.mark.difference("output shorter than a token in capture mode")
def test_capture_mode_does_not_hold_back_what_is_shorter_than_a_token(pair):
    """supervisord keeps it for ever when nothing follows."""
    both = pair("[program:a]\ncommand=sh -c 'echo short; sleep 1000'\nstdout_capture_maxbytes=1MB\n"
                "stdout_logfile=%DIR%/a.log\n").start()
    theirs, ours = both.sides
    ours.until_said("short", "a.log")
    theirs.until("a", "RUNNING")
    assert theirs.file("a.log") == ""


WRITER = """
import os, select, sys
data = (b"a text before it that is longer than any token<!--XSUPERVISOR:BEGIN-->captured <!--, not the end"
        b"<!--XSUPERVISOR:END-->and a text after it that is longer than any token\\n") * 2
size = int(sys.argv[1])
sys.stdin.readline()
for start in range(0, len(data), size):
    os.write(1, data[start:start + size])
    select.select([], [], [], 0.02 if size > 5 else 0.002)
sys.stdin.read()
"""
SIZES = (1, 5, 23, 24, 25, 40)


@pytest.fixture(scope="module")
def cut(pair):
    both = pair(listener("l", "PROCESS_COMMUNICATION") + "".join(
        f"[program:p{size}]\ncommand={PYTHON} %DIR%/writer.py {size}\nstdout_capture_maxbytes=1MB\n"
        f"stdout_logfile=%DIR%/p{size}.log\n" for size in SIZES))
    for side in both.sides:
        (side.directory / "writer.py").write_text(WRITER)
    both.start()

    def write(side):
        for size in SIZES:
            side.until(f"p{size}", "RUNNING")
            side.rpc("sendProcessStdin", f"p{size}", "\n")
            wait_until(lambda: f"processname:p{size} " in side.file("l"), what=f"p{size}")
        wait_until(lambda: len(sent(side, "l")) == 2 * len(SIZES), what="all events")
        return sent(side, "l")

    return both, both.both(write)


@pytest.mark.parametrize("size", SIZES)
def test_tokens_are_found_however_they_are_cut(cut, size):
    """But for its last bytes: what is shorter than a token supervisord keeps for itself."""
    both, events = cut
    theirs, ours = (about(map(repr, one), f"p{size}") for one in events)
    assert ours == theirs and len(ours) == 2
    assert ours[0].endswith("\\ncaptured <!--, not the end")
    before, after = ("a text before it that is longer than any token",
                     "and a text after it that is longer than any token\n")
    whole = (before + after) * 2
    wait_until(lambda: both.sides[1].file(f"p{size}.log") == whole, what="the whole log of ours")
    wait_until(lambda: len(both.sides[0].file(f"p{size}.log")) >= len(whole) - 24, what="theirs")
    assert whole.startswith(both.sides[0].file(f"p{size}.log"))
