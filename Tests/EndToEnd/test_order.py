"""What starts after what, what ends before what, and with which code."""

import os
import pathlib
import signal
import socket

import pytest

from supervised import wait_until


def test_the_default_order(supervise, tmp_path):
    one = supervise("""
[program:web]
command=sleep 1000
[hook:second]
command=sh -c 'echo second >> %DIR%/order'
[hook:first]
command=sh -c 'sleep 0.2; echo first >> %DIR%/order'
[directory:d]
path=%DIR%/made/deep
mode=0750
[wait:w]
command=sh -c 'sleep 0.1'
""").ready()
    assert one.at("w", "passed") <= one.at("d", "running")
    assert one.at("d", "succeeded") <= one.at("second", "running")
    assert one.at("second", "succeeded") <= one.at("first", "running")
    assert one.at("first", "succeeded") <= one.at("web", "starting")
    assert (one.directory / "made/deep").stat().st_mode & 0o777 == 0o750


def test_shutdown_runs_the_graph_backwards(supervise):
    slow = "command=sh -c 'trap \"sleep 0.2; exit 0\" TERM; while :; do sleep 0.02; done'"
    one = supervise(f"""
[program:database]
{slow}
[program:app]
{slow}
depends_on=database
[program:proxy]
{slow}
depends_on=app
""").ready()
    assert one.stop() == 0
    assert one.at("proxy", "stopped") <= one.at("app", "stopping")
    assert one.at("app", "stopped") <= one.at("database", "stopping")


def test_serial_order_is_supervisord_s(supervise):
    one = supervise("""
[program:a]
command=sleep 1000
priority=1
[program:b]
command=sleep 1000
priority=2
""", supervisord="shutdown_order=serial").ready()
    assert one.stop() == 0
    assert one.at("b", "stopped") <= one.at("a", "stopping")


# It takes its time over each event, and is not deaf to TERM.
SLOW_LISTENER = """
import select, sys
print("READY", flush=True)
for line in sys.stdin:
    head = dict(word.split(":", 1) for word in line.split())
    body = sys.stdin.read(int(head["len"]))
    select.select([], [], [], 0.02)
    with open(sys.argv[1], "a") as file:
        file.write(head["eventname"] + " " + body + "\\n")
    print("RESULT 2\\nOKREADY", flush=True)
"""


@pytest.mark.parametrize("order", ["graph", "serial"])
def test_a_listener_hears_of_every_end_before_its_own(supervise, tmp_path, order):
    (tmp_path / "listener.py").write_text(SLOW_LISTENER)
    one = supervise(f"""
[program:worker]
command=sleep 1000
process_name=%(program_name)s_%(process_num)d
numprocs=6
[eventlistener:ear]
command=python3 {tmp_path}/listener.py {tmp_path}/heard
events=PROCESS_STATE_STOPPED,SUPERVISOR_STATE_CHANGE
""", supervisord=f"shutdown_order={order}").ready()
    assert one.stop() == 0
    heard = (tmp_path / "heard").read_text().splitlines()
    assert [line.split()[0] for line in heard] == [
        "SUPERVISOR_STATE_CHANGE_RUNNING", "SUPERVISOR_STATE_CHANGE_STOPPING",
        *["PROCESS_STATE_STOPPED"] * 6]
    assert one.at("ear", "stopping") < one.at("ear", "stopped")


def test_a_listener_that_never_answers_holds_the_shutdown_up_for_a_second_at_most(supervise):
    one = supervise("""
[program:worker]
command=sleep 1000
[eventlistener:ear]
command=sh -c 'echo READY; exec sleep 1000'
events=EVENT
""").ready()
    assert one.stop() == 0
    waited = one.at("ear", "stopping") - one.at("worker", "stopped")
    assert 0.9 < waited < 3


@pytest.mark.parametrize("supervisord, signals", [
    ("shutdown_timeout=1s", [signal.SIGTERM]), ("", [signal.SIGTERM, signal.SIGINT])])
def test_a_deadline_and_a_second_signal_hurry(supervise, supervisord, signals):
    one = supervise("""
[program:deaf]
command=sh -c 'trap "" TERM INT; while :; do sleep 0.05; done'
stopwaitsecs=600
""", supervisord=supervisord).ready()
    for number in signals:
        one.send(number)
    assert one.wait(20) == 0
    assert any(line.get("event") == "shutdown hurried" for line in one.journal())


@pytest.mark.parametrize("mine, other", [(signal.SIGUSR1, signal.SIGTERM), (signal.SIGINT, signal.SIGQUIT)])
def test_only_the_shutdown_signals_begin_it(supervise, mine, other):
    def name(number):
        return number.name.removeprefix("SIG")
    one = supervise("[program:p]\ncommand=sleep 1000\n",
                    supervisord=f"shutdown_signals={name(mine)}").ready()
    one.send(other)
    wait_until(lambda: any(line.get("signal") == name(other) for line in one.journal()), what="the other signal")
    assert one.status()["p"]["state"] == "RUNNING"
    one.send(mine)
    assert one.wait() == 0
    assert f"received {mine.name} indicating exit request" in one.said()


def test_an_attempt_of_a_wait_has_a_limit_of_its_own(supervise):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        one = supervise(f"""
[wait:db]
url=mysql://127.0.0.1:{port}
timeout=3s
interval=100ms
probe_timeout=300ms
""")
        assert one.wait() == 69
    words = f"127.0.0.1:{port}: sent no greeting within 300ms after "
    assert int(one.said().split(words)[1].split()[0]) > 2


def test_a_wait_that_times_out_ends_with_69(supervise):
    one = supervise("""
[wait:db]
url=tcp://127.0.0.1:1
timeout=1s
interval=100ms
[program:p]
command=sleep 1000
""")
    assert one.wait() == 69
    assert "127.0.0.1:1: connection refused after" in one.said()
    assert "tries in 1s" in one.said()
    assert one.moves("p") == []


def test_a_hook_that_fails_ends_with_its_code(supervise):
    one = supervise("""
[program:early]
command=sleep 1000
depends_on=
[hook:migrate]
command=sh -c 'sleep 0.3; exit 23'
[program:late]
command=sleep 1000
""")
    assert one.wait() == 23
    assert one.moves("late") == []
    assert one.moves("early")[-1] == ("stopping", "stopped")


def test_hooks_may_fail_and_be_tried_again(supervise):
    one = supervise("""
[hook:flaky]
command=sh -c 'test -e %DIR%/seen || { touch %DIR%/seen; exit 1; }'
retries=2
retry_delay=50ms
[hook:hopeless]
command=false
on_failure=continue
[hook:slow]
command=sleep 1000
timeout=300ms
on_failure=continue
[program:p]
command=sleep 1000
""").ready()
    assert ("running", "retrying") in one.moves("flaky")
    assert one.moves("hopeless")[-1] == ("running", "failed")
    assert one.moves("slow")[-1] == ("stopping", "failed")


def test_hooks_of_the_other_stages(supervise):
    one = supervise("""
[hook:after]
command=sh -c 'echo ready >> %DIR%/log'
stage=ready
[hook:before]
command=sh -c 'echo stopping >> %DIR%/log'
stage=stop
[program:p]
command=sleep 1000
""").ready()
    assert (one.directory / "log").read_text() == "ready\n"
    assert one.at("after", "running") >= one.at("p", "ready")
    assert one.stop() == 0
    assert (one.directory / "log").read_text() == "ready\nstopping\n"
    assert one.at("before", "succeeded") <= one.at("p", "stopping")


def test_a_lock_lets_one_replica_run_at_a_time(supervise):
    hook = """
[hook:migrate]
command=sh -c 'mkdir /tmp/entrypoint-test-%PID% && sleep 0.2 && rmdir /tmp/entrypoint-test-%PID%'
lock=file:///tmp/entrypoint-test-%PID%.lock
[program:p]
command=sleep 1000
""".replace("%PID%", str(os.getpid()))
    replicas = [supervise(hook) for _ in range(4)]
    for one in replicas:
        one.ready()
    os.unlink(f"/tmp/entrypoint-test-{os.getpid()}.lock")


@pytest.mark.needs_root
@pytest.mark.parametrize("recursive, below", [("false", (0, 0o644)), ("true", (12345, 0o750))])
def test_directories_below_too(supervise, tmp_path, recursive, below):
    def seen(path):
        entry = path.stat()
        return entry.st_uid, entry.st_mode & 0o7777
    inner = tmp_path / "storage/logs"
    inner.mkdir(parents=True)
    inner.chmod(0o644)
    (tmp_path / "storage/link").symlink_to("/etc")
    before = seen(pathlib.Path("/etc"))
    supervise(f"[directory:d]\npath={tmp_path}/storage\nowner=12345\nmode=0750\nrecursive={recursive}\n"
              "[program:p]\ncommand=sleep 1000\n").ready()

    assert seen(tmp_path / "storage") == (12345, 0o750)
    assert seen(inner) == below
    # What a link leads to is somebody else's.
    assert seen(pathlib.Path("/etc")) == before


def test_templates(supervise, tmp_path):
    directory = tmp_path / "s0"
    directory.mkdir()
    (directory / "in").write_text("${COLOUR} ${SIZE:-large} $${literal} $uri ${NAME:?tell me}\n"
                                "${SIZE:-${NONE:-{a} $${b}} ${COLOUR}} ${COLOUR:-${NO:?never}}\n")
    directory.rename(tmp_path / "keep")
    one = supervise(f"""
[template:t]
source={tmp_path}/keep/in
destination=%DIR%/out
mode=0640
[program:p]
command=sleep 1000
""", environment={"COLOUR": "blue", "NAME": "n"}).ready()
    out = one.directory / "out"
    assert out.read_text() == "blue large ${literal} $uri n\n{a ${b} blue} blue\n"
    assert out.stat().st_mode & 0o777 == 0o640


@pytest.mark.needs_root
def test_a_directory_that_is_right_is_not_opened_and_a_link_to_one_is_one(supervise, tmp_path):
    """Under CHOWN alone root may not open what is another's; a volume is often behind a link."""
    place = tmp_path / "storage"
    place.mkdir()
    (place / "private.key").write_text("")
    (place / "private.key").chmod(0o600)
    for path in (place, place / "private.key"):
        os.chown(path, 33, 33)
    (tmp_path / "link").symlink_to("storage")
    one = supervise(f"""
[directory:storage]
path={place}
owner=33:33
recursive=true
[directory:link]
path={tmp_path}/link
[program:p]
command=sleep 1000
""", wrapper=["setpriv", "--bounding-set=-all,+chown", "--inh-caps=-all"]).ready()
    assert one.stop() == 0
    one = supervise(f"[directory:link]\npath={tmp_path}/link\nmode=0700\n[program:p]\ncommand=sleep 1000\n")
    assert one.wait() == 1
    assert "it is a link, which is not followed: write the path that it leads to" in one.said()


# Root of a container that drops all capabilities and gives back CHOWN, but not FOWNER.
ROOT_WITHOUT_FOWNER = ["setpriv", "--bounding-set=-all,+chown,+setuid,+setgid", "--inh-caps=-all"]


@pytest.mark.needs_root
def test_a_directory_gets_its_mode_although_root_may_change_none_of_another_user(supervise, tmp_path):
    place = tmp_path / "storage"
    text = f"[directory:d]\npath={place}\nowner=33:33\nmode=%s\n[program:p]\ncommand=sleep 1000\n"
    one = supervise(text % "2750", wrapper=ROOT_WITHOUT_FOWNER).ready()
    assert one.stop() == 0
    assert (place.stat().st_uid, place.stat().st_mode & 0o7777) == (33, 0o2750)
    one = supervise(text % "0700", wrapper=ROOT_WITHOUT_FOWNER)
    assert one.wait() == 1
    assert f"directory {place}: operation not permitted; it belongs to uid 33, and uid 0 cannot change its mode " \
        "from 02750 to 0700" in one.said()


@pytest.mark.needs_root
def test_a_directory_of_another_user_becomes_roots_before_it_gets_its_mode(supervise, tmp_path):
    """Such a root may change the mode of its own directories only."""
    place = tmp_path / "storage"
    place.mkdir()
    os.chown(place, 33, 33)
    place.chmod(0o777)
    one = supervise(f"[directory:d]\npath={place}\nowner=root\nmode=0750\n[program:p]\ncommand=sleep 1000\n",
                    wrapper=ROOT_WITHOUT_FOWNER).ready()
    assert one.stop() == 0
    assert (place.stat().st_uid, place.stat().st_mode & 0o7777) == (0, 0o750)
