"""How programs are set up, started again, and stopped."""

import os
import pathlib
import pwd
import tempfile

import pytest

from supervised import process_status, wait_until


@pytest.mark.needs_root
def test_rights_limits_and_place(supervise):
    # pytest's own directories are closed to other users.
    tmp_path = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-test-", dir="/tmp"))
    tmp_path.chmod(0o777)
    one = supervise(f"""
[program:p]
command=sh -c 'umask > {tmp_path}/umask; pwd > {tmp_path}/pwd; env > {tmp_path}/env; exec sleep 1000'
user=nobody
umask=027
directory=/usr
environment=COLOUR="blue",EMPTY=""
rlimit_nofile=512:1024
nice=5
oom_score_adj=300
no_new_privileges=true
""")
    pid = one.ready().status()["p"]["pid"]
    status = process_status(pid)
    nobody = pwd.getpwnam("nobody")
    assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
    assert status["Groups"].split() == [str(nobody.pw_gid)]
    assert status["NoNewPrivs"] == "1"
    assert int(status["SigBlk"], 16) == 0 and int(status["SigIgn"], 16) == 0
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"]
    limits = open(f"/proc/{pid}/limits").read()
    assert [line.split()[3:5] for line in limits.splitlines() if "open files" in line] == [["512", "1024"]]
    assert os.getpriority(os.PRIO_PROCESS, pid) == 5
    assert open(f"/proc/{pid}/oom_score_adj").read() == "300\n"
    assert os.getpgid(pid) == os.getsid(pid) == pid
    assert (tmp_path / "umask").read_text() == "0027\n"
    assert (tmp_path / "pwd").read_text() == "/usr\n"
    environment = (tmp_path / "env").read_text().splitlines()
    for entry in ["COLOUR=blue", "EMPTY=", "SUPERVISOR_ENABLED=1", "SUPERVISOR_PROCESS_NAME=p",
                  "SUPERVISOR_GROUP_NAME=p"]:
        assert entry in environment


@pytest.mark.parametrize("keys, text", [
    ("command=/no/such", "can't find command '/no/such'"),
    ("command=/etc", "command at '/etc' is a directory"),
    ("command=/etc/passwd", "command at '/etc/passwd' is not executable"),
    ("command=true\ndirectory=/no/such", "couldn't chdir: no such file or directory"),
    ("command=%TMP%/script", "couldn't exec %TMP%/script: ENOEXEC"),
    ("command=true", "Exited too quickly (process log may have details)"),
])
def test_what_cannot_start_becomes_fatal(supervise, tmp_path, keys, text):
    script = tmp_path / "script"
    script.write_text("echo no shebang\n")
    script.chmod(0o755)
    one = supervise(f"[program:p]\n{keys}\nstartretries=0\n".replace("%TMP%", str(tmp_path)))
    row = one.until("p", "FATAL")
    assert row["description"] == text.replace("%TMP%", str(tmp_path))


def test_what_cannot_be_run_is_refused_and_left_as_it_is(supervise):
    one = supervise("[program:p]\ncommand=/no/such\nautostart=false\n").ready()
    code, output = one.client("start", "p")[:2]
    assert (code, output) == (1, "p: ERROR (no such file)\n")
    assert one.status()["p"]["state"] == "STOPPED"


def test_the_delays_of_supervisord(supervise):
    one = supervise("[program:p]\ncommand=sh -c 'exit 0'\nstartretries=2\n")
    one.until("p", "FATAL", 15)
    starts = [line["at"] for line in one.journal()
              if line.get("name") == "p" and line.get("to") == "starting" and "pid" not in line]
    assert len(starts) == 3
    assert 1.0 <= starts[1] - starts[0] < 1.9
    assert 2.0 <= starts[2] - starts[1] < 2.9


@pytest.mark.parametrize("code, automatic, again", [
    (0, "unexpected", False), (3, "unexpected", True), (0, "true", True), (3, "false", False),
    ("signal", "unexpected", True),
])
def test_autorestart(supervise, tmp_path, code, automatic, again):
    end = "kill -9 $$" if code == "signal" else f"exit {code}"
    one = supervise(f"""
[program:p]
command=sh -c 'if test -e {tmp_path}/once; then exec sleep 1000; fi; touch {tmp_path}/once; {end}'
startsecs=0
autorestart={automatic}
""")
    if again:
        wait_until(lambda: ("exited", "starting") in one.moves("p"), what="another start")
    else:
        one.until("p", "EXITED")
        assert one.stop() == 0
        assert ("exited", "starting") not in one.moves("p")


def test_a_planned_exit_is_no_failure(supervise):
    one = supervise("""
[program:worker]
command=sh -c 'sleep 0.02; exit 0'
preset=laravel-worker
startretries=1
[program:hungry]
command=sh -c 'sleep 0.02; exit 12'
preset=laravel-worker
startretries=1
""")
    for name in ["worker", "hungry"]:
        wait_until(lambda: one.status()[name]["restarts"] >= 10, 20, name)
    states = {to for _, to in one.moves("worker") + one.moves("hungry")}
    assert not states & {"backoff", "fatal"}
    assert one.stop() == 0


def test_restart_delay_and_limit(supervise):
    one = supervise("""
[program:p]
command=sh -c 'exit 1'
startsecs=0
restart_delay=200ms
restart_factor=2
restart_limit=3/60s
""")
    one.until("p", "FATAL")
    starts = [line["at"] for line in one.journal()
              if line.get("name") == "p" and line.get("to") == "starting" and "pid" not in line]
    assert len(starts) == 4
    assert all(later - earlier >= 0.2 for earlier, later in zip(starts, starts[1:]))


def test_restart_delays_grow_as_far_as_they_may(supervise):
    one = supervise("""
[program:p]
command=sh -c 'exit 1'
startretries=unlimited
restart_delay=50ms
restart_factor=10
restart_delay_max=400ms
""")
    wait_until(lambda: len(one.moves("p")) > 12, what="five starts")
    delays = [line["delay"] for line in one.journal() if line.get("event") == "restart scheduled"]
    ends = [line["at"] for line in one.journal() if line.get("to") == "backoff"]
    starts = [line["at"] for line in one.journal() if line.get("from") == "backoff"]
    assert delays[:4] == [0.05, 0.4, 0.4, 0.4]
    assert all(start - end >= delay for start, end, delay in zip(starts, ends, delays))


@pytest.mark.parametrize("keys, code", [
    ("command=sh -c 'sleep 0.1; exit 5'\nstartsecs=0\nautorestart=false\non_exit=shutdown", 5),
    ("command=sh -c 'kill -9 $$'\nstartsecs=0\nautorestart=false\non_exit=shutdown", 137),
    ("command=sh -c 'exit 6'\nstartretries=0\non_fatal=shutdown", 6),
    ("command=sh -c 'exit 0'\nstartretries=0\non_fatal=shutdown", 1),
])
def test_a_program_may_end_the_container(supervise, keys, code):
    one = supervise(f"[program:p]\n{keys}\n[program:other]\ncommand=sleep 1000\n")
    assert one.wait() == code
    assert ("stopping", "stopped") in one.moves("other")


def test_a_list_of_stop_signals(supervise):
    one = supervise("""
[program:p]
command=sh -c 'trap "" TERM; trap "exit 3" QUIT; while :; do sleep 0.02; done'
stopsignal=TERM:300ms,QUIT:5s
""").ready()
    assert one.client("stop", "p") == (0, "p: stopped\n")
    sent = [line["signal"] for line in one.journal() if line.get("event") == "signal sent"]
    assert sent == ["TERM", "QUIT"]


@pytest.mark.parametrize("keys, script", [
    ("ready=fd:3", "sleep 0.3; echo >&3; exec sleep 1000"),
    ("ready=log:listening", "sleep 0.3; echo now listening here; exec sleep 1000"),
    ("ready=file:///%DIR%/up", "sleep 0.3; touch %DIR%/up; exec sleep 1000"),
    ("ready=exec:test -e %DIR%/up", "sleep 0.3; touch %DIR%/up; exec sleep 1000"),
    ("ready=notify", "sleep 0.3; python3 %DIR%/../notify.py; exec sleep 1000"),
])
def test_readiness_holds_dependents_back(supervise, tmp_path, keys, script):
    keys = keys.replace("file:///%DIR%", "file://%DIR%")
    notify = tmp_path / "notify.py"
    notify.write_text(
        "import os, socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "s.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])\n")
    one = supervise(f"""
[program:server]
command=sh -c '{script}'
{keys}
[program:client]
command=sleep 1000
depends_on=server
""")
    one.ready()
    assert one.at("client", "starting") >= one.at("server", "ready") >= 0.3


def test_not_ready_in_time_counts_as_a_failed_start(supervise):
    one = supervise("""
[program:p]
command=sleep 1000
ready=notify
ready_timeout=300ms
startretries=0
""")
    assert one.until("p", "FATAL")["description"] == "not ready after 300ms"


def test_a_container_of_a_program_that_never_comes_up_ends_with_it(supervise):
    one = supervise("[program:p]\ncommand=sh -c 'exit 3'\nautorestart=false\nstartretries=0\non_exit=shutdown\n")
    assert one.wait() == 3
