"""Every method of the remote interface, asked of the real supervisord and of ours."""

import pytest
from supervised import wait_until

NAMES = ["nope", "g:nope", "nope:*", "nope:", "g", "multi", "", "a:a", "multi:multi_07", ":", "a:b:c", "*"]
PROGRAMS = "".join(
    f"[program:{name}]\nautostart={'true' if name == 'cat' else 'false'}\n{keys}\n"
    f"stdout_logfile=%DIR%/{name}.out\nstderr_logfile=%DIR%/{name}.err\n"
    for name, keys in {
        "cat": "command=/bin/cat\npriority=5", "idle": "command=/bin/sleep 1000",
        "a": "command=/bin/sleep 1000\npriority=3", "b": "command=/bin/sleep 1000",
        "multi": "command=/bin/sleep 1000\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)02d\n"
                 "exitcodes=0,2\nstopsignal=INT\nuser=root\nenvironment=A=b\ndirectory=/tmp",
        "joined": "command=/bin/cat\nredirect_stderr=true",
        "silent": "command=/bin/cat\nstdout_syslog=true\nstdout_capture_maxbytes=1KB\nserverurl=http://x",
    }.items()) + "[group:g]\nprograms=b,a\npriority=7\n"


@pytest.fixture
def one(peers):
    """Both, with one program that runs and some that do not."""
    both = peers(PROGRAMS)
    both.until("cat", "RUNNING")
    yield both
    both.check()


def test_the_methods_and_their_signatures(one):
    methods = one.ask("system.listMethods")
    assert len(methods) == 41
    for method in methods:
        one.ask("system.methodSignature", method)
        assert one.ours.call("system.methodHelp", method)
    for method in ("system.methodHelp", "system.methodSignature"):
        for parameters in (["nope"], [], ["a", "b"]):
            one.ask(method, *parameters)


def test_the_daemon_itself(one):
    for method in ("getAPIVersion", "getVersion", "getSupervisorVersion", "getIdentification", "getState"):
        one.ask(method)
    assert one.each(lambda peer: peer.call("getPID") == peer.process.pid) == [True, True]
    for method in ("getVersionX", "x.y", "_x", "system._x", "supervisor._x"):
        one.ask(method)


def test_all_processes_and_their_configuration(one):
    assert len(one.ask("getAllProcessInfo")) == 8
    assert len(one.ask("getAllConfigInfo")) == 8


def test_parameters_that_do_not_fit(one):
    for method in one.theirs.call("system.listMethods"):
        if method.startswith("supervisor."):
            one.ask(method, *[1] * 9)


@pytest.mark.parametrize("prefix", ["start", "stop", "signal", "get", "read", "tail", "clear", "send", "add",
                                    "remove"])
def test_names_that_mean_nothing(one, prefix):
    values = {"int": 0, "boolean": False, "string": "HUP"}
    for method in one.theirs.call("system.listMethods"):
        _, *types = one.theirs.call("system.methodSignature", method)
        isNamed = method.startswith(f"supervisor.{prefix}") and types[:1] == ["string"]
        if not isNamed or "All" in method or "Comm" in method:
            continue
        for name in NAMES:
            if name not in ("g", "multi") or "Group" not in method:
                one.ask(method, name, *(values[kind] for kind in types[1:]))


def test_starting_and_stopping(one):
    for method in ("startProcess", "stopProcess"):
        for name in ("idle", "idle", "cat", "g:a", "multi:multi_00"):
            one.ask(method, name)
    for name in ("idle", "cat"):
        one.ask("getProcessInfo", name)
    one.ask("startProcess", "idle", False)
    one.until("idle", "RUNNING")
    one.ask("stopProcess", "idle", False)
    one.until("idle", "STOPPED")
    one.ask("getProcessInfo", "idle")


def test_groups(one):
    for method in ("startProcessGroup", "startProcessGroup", "stopProcessGroup", "stopProcessGroup"):
        one.ask(method, "g")
    one.ask("startProcess", "g:*")
    one.ask("stopProcess", "g:")
    one.ask("startProcessGroup", "multi", False)
    for number in (0, 1):
        one.until(f"multi:multi_0{number}", "RUNNING")
    one.ask("stopProcessGroup", "multi", False)
    for number in (0, 1):
        one.until(f"multi:multi_0{number}", "STOPPED")
    one.ask("startAllProcesses")
    one.ask("startAllProcesses")
    one.ask("getAllProcessInfo")
    one.ask("stopAllProcesses")
    one.ask("stopAllProcesses", False)
    one.ask("getAllProcessInfo")


def test_signals(one):
    for signal in ("CONT", "SIGCONT", "cont", " CONT ", "18", 18, "0", 0, "FOO", "99", 99, "", "1.5"):
        one.ask("signalProcess", "cat", signal)
    for signal in ("CONT", "FOO"):
        one.ask("signalProcess", "idle", signal)
    one.ask("startProcessGroup", "g")
    for signal in ("CONT", "FOO"):
        one.ask("signalProcess", "g:*", signal)
        one.ask("signalProcessGroup", "g", signal)
    one.ask("signalAllProcesses", "CONT")
    one.ask("signalProcess", "idle", "HUP")


def test_standard_input(one):
    for name, text in (("cat", "hello\n"), ("idle", "x"), ("cat", 1), ("nope", "x"), ("cat", "w\u00f6rld\n"),
                       ("cat", "")):
        one.ask("sendProcessStdin", name, text)
    for peer in (one.theirs, one.ours):
        wait_until(lambda: peer.log("cat.out") == "hello\nw\u00f6rld\n".encode(), what="both lines")
    for _ in range(2):
        one.ask("sendRemoteCommEvent", "type", "data")


def test_many_calls_in_one(one):
    calls = [("getState", []), ("getState", [1]), ("nope", []), ("startProcess", ["idle"]),
             ("stopProcess", ["idle"]), ("stopProcess", ["idle"]), ("getProcessInfo", ["idle"])]
    items = [{"methodName": f"supervisor.{name}", "params": values} for name, values in calls]
    others = [{"methodName": "system.multicall", "params": []}, {}, {"methodName": "supervisor.getState"},
              {"methodName": "system.listMethods"}]
    assert len(one.ask("system.multicall", items + others)) == 11
    one.ask("system.multicall", [])
    one.ask("system.multicall")


def test_clearing(one):
    one.ask("sendProcessStdin", "cat", "hello\n")
    for peer in (one.theirs, one.ours):
        wait_until(lambda: peer.log("cat.out") == b"hello\n", what="a line")
    for name in ("cat", "idle", "joined", "silent", "g:*", "cat:*"):
        one.ask("clearProcessLogs", name)
    one.ask("readProcessStdoutLog", "cat", 0, 0)
    one.ask("sendProcessStdin", "cat", "again\n")
    for peer in (one.theirs, one.ours):
        wait_until(lambda: peer.log("cat.out") == b"again\n", what="a new line")
    one.ask("clearProcessLog", "cat")
    one.ask("tailProcessLog", "cat", 0, 100)
    one.ask("clearAllProcessLogs")
    one.ask("clearLog")
    assert one.each(lambda peer: "pid" in peer.call("readLog", 0, 0)) == [False, False]
