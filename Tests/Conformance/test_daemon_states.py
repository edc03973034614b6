"""What is told of a process in each state, and how it comes there."""

import pytest
from peers import plain
from supervised import wait_until


def program(name, command, *keys):
    return "\n".join([
        f"[program:{name}]", f"command={command}", "autostart=false", f"stdout_logfile=%DIR%/{name}.out",
        f"stderr_logfile=%DIR%/{name}.err", *keys, ""])


# supervisord sees an end up to a second late, and later still on a busy machine; one that comes
# before it has answered the request for the start is a fault of that.
PROGRAMS = "".join([
    program("missing", "/nope/x"), program("unfound", "nosuchcommand -x"), program("directory", "%DIR%"),
    program("file", "%DIR%/supervisord.conf"), program("open", "echo 'a"), program("empty", ""),
    program("quick", "sh -c 'sleep 0.5; exit 3'", "startretries=0", "startsecs=5"),
    program("clean", "sh -c 'sleep 0.5; exit 0'", "startretries=0", "startsecs=5"),
    program("killed", "sh -c 'sleep 0.5; kill -9 $$'", "startretries=0", "startsecs=5"),
    program("flapping", "sh -c 'sleep 0.5; exit 1'", "startsecs=5", "startretries=100"),
    program("slow", "/bin/sleep 1000", "startsecs=600"),
    program("expected", "sh -c 'sleep 4; exit 0'"),
    program("unexpected", "sh -c 'sleep 4; exit 4'", "autorestart=false"),
    program("signalled", "sh -c 'sleep 4; kill -9 $$'", "autorestart=false"),
    program("stubborn", "sh -c 'trap : TERM; while :; do sleep 0.05; done'", "stopwaitsecs=600"),
])


@pytest.fixture
def one(peers):
    both = peers(PROGRAMS)
    yield both
    both.check()


def test_never_started(one):
    one.ask("getProcessInfo", "slow")
    one.ask("stopProcess", "slow")
    one.ask("signalProcess", "slow", "HUP")


@pytest.mark.parametrize("name", ["missing", "unfound", "directory", "file", "open", "empty"])
def test_commands_that_cannot_be_run(one, name):
    for waits in (True, False):
        one.ask("startProcess", name, waits)
        one.ask("getProcessInfo", name)
    one.ask("startProcessGroup", name)


@pytest.mark.parametrize("name", ["quick", "clean", "killed"])
def test_fatal(one, name):
    one.ask("startProcess", name)
    one.until(name, "FATAL")
    one.ask("getProcessInfo", name)
    one.ask("stopProcess", name)
    one.ask("signalProcess", name, "HUP")
    one.ask("startProcess", name, False)
    one.until(name, "FATAL")
    one.ask("getProcessInfo", name)


def test_backoff(one):
    methods = ("getProcessInfo", "startProcess", "stopProcess", "stopProcess", "getProcessInfo")

    # A second is all that is left before it is started again: one is asked everything, then the other.
    def told(peer):
        first = peer.call("startProcess", "flapping")
        peer.until("flapping", "BACKOFF")
        return [plain(answer, peer) for answer in (first, *(peer.call(method, "flapping") for method in methods))]

    theirs, ours = one.each(told)
    assert ours == theirs


def test_starting(one):
    one.ask("startProcess", "slow", False)
    one.until("slow", "STARTING")
    for method in ("getProcessInfo", "startProcess"):
        one.ask(method, "slow")
    one.ask("signalProcess", "slow", "CONT")
    one.ask("stopProcess", "slow")
    one.ask("getProcessInfo", "slow")


@pytest.mark.parametrize("name", ["expected", "unexpected", "signalled"])
def test_exited(one, name):
    one.ask("startProcess", name)
    one.until(name, "EXITED")
    one.ask("getProcessInfo", name)
    one.ask("stopProcess", name)
    one.ask("signalProcess", name, "HUP")
    one.ask("startProcess", name)


def test_stopping(one):
    one.ask("startProcess", "stubborn")
    one.ask("getProcessInfo", "stubborn")
    one.ask("stopProcess", "stubborn", False)
    for method in ("getProcessInfo", "startProcess", "stopProcess"):
        one.ask(method, "stubborn")
    one.ask("signalProcess", "stubborn", "KILL")
    one.until("stubborn", "STOPPED")
    one.ask("getProcessInfo", "stubborn")


def test_groups_come_and_go(one):
    added = program("new", "/bin/sleep 1000").replace("autostart=false", "autostart=true")
    one.ask("addProcessGroup", "new")
    one.write(PROGRAMS.replace("startsecs=600", "startsecs=601").replace(
        program("missing", "/nope/x"), "") + added)
    one.ask("addProcessGroup", "new")
    one.ask("reloadConfig")
    one.ask("reloadConfig")
    for method, name in (("addProcessGroup", "new"), ("addProcessGroup", "new"), ("addProcessGroup", "nope"),
                         ("removeProcessGroup", "missing"), ("removeProcessGroup", "missing"),
                         ("removeProcessGroup", "nope"), ("removeProcessGroup", "slow"),
                         ("addProcessGroup", "slow")):
        one.ask(method, name)
    one.until("new", "RUNNING")
    one.ask("removeProcessGroup", "new")
    one.ask("getAllProcessInfo")
    one.ask("getAllConfigInfo")
    one.ask("reloadConfig")


def test_a_configuration_that_cannot_be_read(one):
    one.write(PROGRAMS + "[program:bad]\nstartsecs=x\ncommand=x\n")
    faults = one.each(lambda peer: peer.call("reloadConfig"))
    assert [(code, text[:13]) for code, text in faults] == [("Fault 92", "CANT_REREAD: ")] * 2
    one.ask("getAllProcessInfo")


@pytest.mark.parametrize("how", ["HUP", "restart"])
def test_beginning_anew(one, how):
    one.ask("startProcess", "slow", False)
    one.write(PROGRAMS + program("new", "/bin/sleep 1000") + "[supervisord]\nidentifier=other\n")
    for peer in (one.theirs, one.ours):
        peer.hang_up() if how == "HUP" else peer.call("restart")
    for peer in (one.theirs, one.ours):
        wait_until(lambda: peer.answers() and peer.identification() == "other", 20, "the new one")
        assert peer.call("getPID") == peer.process.pid
    one.ask("getAllProcessInfo")
    one.ask("getAllConfigInfo")


def test_the_end(one):
    one.ask("startProcess", "stubborn")
    pids = one.each(lambda peer: peer.info("stubborn")["pid"])
    one.ask("shutdown")
    for method in ("getState", "getVersion", "getAllProcessInfo", "shutdown", "restart", "reloadConfig"):
        one.ask(method)
    one.ask("startProcess", "slow")
    one.ask("sendRemoteCommEvent", "a", "b")
    one.ask("system.listMethods")
    one.kill(pids)
    assert one.each(lambda peer: peer.process.wait(20)) == [0, 0]
    assert one.each(lambda peer: (peer.socket.exists(), peer.log("pid"))) == [(False, None)] * 2
