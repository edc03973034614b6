"""Every answer that a server can give to every action: both clients say the same, end with the same
code and make the same calls."""

import pytest
from daemons import FakeServer, process, result
from xmlrpc.client import Fault

CODES = [1, 6, 10, 11, 20, 21, 30, 40, 50, 60, 70, 80, 90, 91, 92]
METHODS = [
    ("start p", "startProcess"), ("start g:*", "startProcessGroup"), ("start all", "startAllProcesses"),
    ("stop p", "stopProcess"), ("stop g:*", "stopProcessGroup"), ("stop all", "stopAllProcesses"),
    ("signal 1 p", "signalProcess"), ("signal 1 g:*", "signalProcessGroup"),
    ("signal 1 all", "signalAllProcesses"), ("clear p", "clearProcessLogs"),
    ("clear all", "clearAllProcessLogs"), ("tail p", "readProcessStdoutLog"),
    ("tail p stderr", "readProcessStderrLog"), ("maintail", "readLog"), ("pid", "getPID"),
    ("pid p", "getProcessInfo"), ("pid all", "getAllProcessInfo"), ("status", "getAllProcessInfo"),
    ("fg p", "getProcessInfo"), ("avail", "getAllConfigInfo"), ("reread", "reloadConfig"),
    ("update", "reloadConfig"), ("add p", "addProcessGroup"), ("remove p", "removeProcessGroup"),
    ("reload", "restart"), ("shutdown", "shutdown"), ("version", "getSupervisorVersion"),
    ("version", "getVersion"), ("status", "getVersion"), ("start p", "getVersion"),
    ("open URL", "getVersion"),
]
SEVERAL = [row for row in METHODS if row[1].endswith(("Group", "AllProcesses", "AllProcessLogs"))
           and not row[1].startswith(("add", "remove"))]


def both(fake, theirs, ours, line, answers, **options):
    line = line.replace("URL", fake.url)
    expected = fake.ask(theirs, line, answers, **options)
    assert fake.ask(ours, line, answers, **options) == expected
    return expected


@pytest.mark.parametrize("line, method", METHODS)
def test_every_fault_is_told_alike(fake, theirs, ours, line, method):
    # The real server restarts into a broken configuration, and never refuses one.
    for code in [code for code in CODES if (line, code) != ("reload", 92)]:
        (_, text, _), _ = both(fake, theirs, ours, line, {method: Fault(code, f"WHY: can't {code}")})
        assert text


@pytest.mark.parametrize("status", [401, 404, 500])
@pytest.mark.parametrize("line, method", METHODS[::6])
def test_every_http_status_is_told_alike(fake, theirs, ours, line, method, status):
    answers = {method: FakeServer.Status(status)}
    # After a 401 the real one does all of it once more, to the same end.
    assert fake.ask(ours, line, answers)[0] == fake.ask(theirs, line, answers)[0]


@pytest.mark.parametrize("line, method", SEVERAL)
def test_results_of_several_are_told_one_by_one(fake, theirs, ours, line, method):
    for code in CODES:
        both(fake, theirs, ours, line, {method: [result(code), result(80, "s", "s")]})
    both(fake, theirs, ours, line, {method: []})


@pytest.mark.parametrize("version", ["3.1", "", "3"])
@pytest.mark.parametrize("line", ["status", "pid", "start p", "tail p", "version"])
def test_another_version_of_the_api_is_refused(fake, theirs, ours, line, version):
    both(fake, theirs, ours, line, {"getVersion": version})


STATES = {0: "STOPPED", 10: "STARTING", 20: "RUNNING", 30: "BACKOFF", 40: "STOPPING", 100: "EXITED",
          200: "FATAL", 1000: "UNKNOWN"}


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_line_and_its_code(fake, theirs, ours, state):
    info = [process("p", state=state, statename=STATES[state], description="text"),
            process("q", "g"), process("a-name-that-is-longer-than-thirty-characters-é", "g")]
    for line in ("status", "status p", "status p nope", "status g:*", "status p p g:q x:*", "status :",
                 "status all", "status g:q g:"):
        both(fake, theirs, ours, line, {"getAllProcessInfo": info})
    both(fake, theirs, ours, "status", {"getAllProcessInfo": []})


@pytest.mark.parametrize("changes", [
    [[], [], []], [["b", "a"], [], []], [[], ["b", "a"], []], [[], [], ["b", "a"]],
    [["n"], ["c"], ["r"]],
])
@pytest.mark.parametrize("line", ["reread", "update", "update all", "update n", "update r c",
                                  "update zz", "update p all zz"])
def test_changes_of_the_configuration_are_carried_out_alike(fake, theirs, ours, line, changes):
    for stopped in ([], [result(80), result(30)]):
        both(fake, theirs, ours, line, {
            "reloadConfig": [changes], "stopProcessGroup": stopped, "removeProcessGroup": True,
            "addProcessGroup": True, "getAllProcessInfo": [process("p"), process("c"), process("r")]})


@pytest.mark.parametrize("method", ["stopProcessGroup", "removeProcessGroup", "addProcessGroup"])
@pytest.mark.parametrize("changes", [[["n"], [], []], [[], ["c"], []], [[], [], ["r"]]])
def test_an_update_that_fails_half_way_says_so(fake, theirs, ours, method, changes):
    for code in (6, 10, 30, 91):
        both(fake, theirs, ours, "update", {
            "reloadConfig": [changes], "stopProcessGroup": [], "removeProcessGroup": True,
            "addProcessGroup": True, method: Fault(code, "WHY")})


def test_what_is_configured_stands_in_columns(fake, theirs, ours):
    rows = [{"name": name, "group": group, "inuse": used, "autostart": auto, "group_prio": 5,
             "process_prio": -1} for name, group, used, auto in [
                 ("p", "p", True, True), ("q", "g", False, False), ("x" * 40, "g", True, False)]]
    both(fake, theirs, ours, "avail", {"getAllConfigInfo": rows})
    both(fake, theirs, ours, "avail", {"getAllConfigInfo": []})


def test_a_log_comes_as_it_is(fake, theirs, ours):
    for text in ("", "line\n", "no end", "h\u00e9 & <b> ]]> \u4e2d\n\n", " \t "):
        both(fake, theirs, ours, "tail p", {"readProcessStdoutLog": text})
        both(fake, theirs, ours, "maintail -5", {"readLog": text})


@pytest.mark.parametrize("line", ["tail -f p", "tail -f g:p stderr", "maintail -f"])
def test_a_log_is_followed_to_its_end(fake, theirs, ours, line):
    pieces = [b"one\n", "h\u00e9\n".encode() * 500, b"x" * 70000, b"end"]
    path = {"tail -f p": "/logtail/p/stdout", "tail -f g:p stderr": "/logtail/g:p/stderr",
            "maintail -f": "/mainlogtail"}[line]
    (code, text, _), _ = both(fake, theirs, ours, line, {path: (200, pieces)})
    assert code == 0 and text.endswith("xend")
    both(fake, theirs, ours, line, {path: (404, [])})
    both(fake, theirs, ours, line, {path: (500, [])})


def test_arguments_reach_the_server_alike(fake, theirs, ours):
    for line in ("start a b:c d:* e:", "stop a all", "restart a g:*", "signal HUP a b:c d:* e:",
                 "signal 10 all x", "clear a b:c", "pid a b:c", "pid a all", "tail -7 a:b stderr",
                 "tail --7 a", "maintail -12", "add a b", "remove a b", "add", "version", "reload",
                 "shutdown"):
        both(fake, theirs, ours, line, {
            "startProcess": True, "stopProcess": True, "signalProcess": True,
            "clearProcessLogs": True, "addProcessGroup": True, "removeProcessGroup": True,
            "startProcessGroup": [result(80)], "stopProcessGroup": [result(80)],
            "signalProcessGroup": [result(80)], "signalAllProcesses": [], "stopAllProcesses": [],
            "getProcessInfo": process("a"), "getAllProcessInfo": [process("a")],
            "readProcessStdoutLog": "x", "readProcessStderrLog": "y", "readLog": "z",
            "getSupervisorVersion": "4.3.0", "restart": True, "shutdown": True})
