"""Programs that the kernel ends because memory is short, and `oom_score_adj`."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from supervised import free_port, process_status, wait_until

ROOT = pathlib.Path("/sys/fs/cgroup")


def own_group():
    """The memory cgroup of the tests, and the file that counts kills in it."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return ROOT / controllers / path.lstrip("/"), "memory.oom_control"
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return ROOT / line[3:].lstrip("/"), "memory.events"
    pytest.skip("there is no memory cgroup")


@pytest.fixture
def counter(tmp_path):
    """A file that the supervisor takes for the kernel's counter, and how to start it so."""
    group, name = own_group()
    if not (group / name).exists():
        pytest.skip(f"there is no {group / name}")
    file = tmp_path / "counter"
    file.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
    script = f'mount --bind {file} {group / name} && exec "$@"'
    yield file, ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                 "sh", "-c", script, "sh"]


def set_count(file, count):
    """In place: the supervisor has the file open."""
    with open(file, "r+") as counter:
        counter.write(f"oom_kill_disable 0\nunder_oom 0\noom_kill {count}\n")


CONFIGURATION = """
[inet_http_server]
port=127.0.0.1:%PORT%
username=u
password=p
[program:hungry]
command=sleep 1000
startsecs=0
autorestart=true
"""


@pytest.mark.needs_root
def test_a_kill_by_the_kernel_is_named(supervise, counter):
    file, wrapper = counter
    port = free_port()
    one = supervise(CONFIGURATION.replace("%PORT%", str(port)), wrapper=wrapper).ready()

    def kill():
        children = pathlib.Path(f"/proc/{one.pid}/task/{one.pid}/children")
        pid = wait_until(lambda: next(
            (int(pid) for pid in children.read_text().split()
             if b"sleep" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()), None), what="a program")
        before = one.status()["hungry"]["restarts"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: one.status()["hungry"]["restarts"] == before + 1, what="a restart")

    kill()
    assert "oom_killed" not in one.status()["hungry"]
    assert "hungry (terminated by SIGKILL; not expected)" in one.said()
    set_count(file, 4)
    kill()
    assert "hungry (terminated by SIGKILL (out of memory); not expected)" in one.said()
    row = one.status()["hungry"]
    assert row["oom_killed"] is True and row["exit"] == 137
    event = [line for line in one.journal() if line.get("to") == "exited"][-1]
    assert (event["signal"], event["oom_killed"]) == ("KILL", True)
    text = subprocess.run(["curl", "-s", "-u", "u:p", f"http://127.0.0.1:{port}/metrics"],
                          capture_output=True, text=True).stdout
    counts = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in text.splitlines()
              if line.startswith("entrypoint_unit_restarts_total")}
    reasons = {reason: value for line, value in counts.items() for reason in ("oom_killed", '"exit"')
               if reason in line}
    assert reasons == {"oom_killed": "1", '"exit"': "1"}, text
    # The kill has been explained: the next one is somebody else's.
    kill()
    assert "oom_killed" not in one.status()["hungry"]
    # What the supervisor kills itself is not the kernel's doing.
    set_count(file, 5)
    one.client("signal", "KILL", "hungry")
    wait_until(lambda: one.said().count("terminated by SIGKILL; not expected") == 3, what="the end")
    assert one.said().count("out of memory") == 1
    assert one.stop() == 0


def test_a_program_that_fills_a_real_cgroup(supervise):
    group, name = own_group()
    if name != "memory.oom_control" or not os.access(group / "cgroup.procs", os.W_OK):
        pytest.skip("no memory cgroup (version 1) can be made here")
    mine = group / f"entrypoint-test-{os.getpid()}"
    try:
        mine.mkdir()
        (mine / "memory.limit_in_bytes").write_text(str(96 << 20))
    except OSError as error:
        pytest.skip(f"no memory cgroup can be made here: {error}")
    try:
        one = supervise(
            "[program:hungry]\nstartsecs=0\nautorestart=false\n"
            f"command={sys.executable} -c \"bytearray(400 << 20); import signal; signal.pause()\"\n",
            wrapper=["sh", "-c", f'echo $$ > {mine}/cgroup.procs && exec "$@"', "sh"])
        row = one.until("hungry", "EXITED", timeout=60)
        assert row["oom_killed"] is True, one.said()
        assert "killed by the kernel: out of memory" in row["description"]
        assert one.stop() == 0
    finally:
        for pid in (mine / "cgroup.procs").read_text().split():
            (group / "cgroup.procs").write_text(pid)
        mine.rmdir()


def score(pid):
    return int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text())


REFUSED = ("couldn't set oom_score_adj: permission denied; a value below the container's own needs the "
           "capability SYS_RESOURCE")


@pytest.mark.needs_root
def test_oom_score_adj_of_programs_of_a_supervisor_without_root(supervise):
    own = score("self")
    may_lower = int(process_status("self")["CapEff"], 16) >> 24 & 1
    one = supervise(
        "[program:high]\ncommand=sleep 1000\noom_score_adj=300\n"
        "[program:low]\ncommand=sleep 1000\noom_score_adj=-500\nstartretries=0\n"
        "[program:same]\ncommand=sleep 1000\n", supervisord="user=www-data")
    low = one.until("low", "RUNNING" if may_lower else "FATAL")
    assert score(low["pid"]) == -500 if may_lower else low["description"] == REFUSED
    assert [score(one.until(name, "RUNNING")["pid"]) for name in ("high", "same")] == [300, own]
    assert score(one.pid) == own


@pytest.mark.needs_root
def test_the_lowest_score_of_a_program_does_not_stay_with_the_supervisor(supervise):
    """Down to the value that the kernel has remembered, a score may be lowered without a capability."""
    one = supervise("[program:low]\ncommand=sleep 1000\noom_score_adj=300\n[program:same]\ncommand=sleep 1000\n",
                    supervisord="user=www-data",
                    wrapper=["sh", "-c", 'echo 500 > /proc/self/oom_score_adj && exec "$@"', "sh"]).ready()
    assert [score(one.status()[name]["pid"]) for name in ("low", "same")] == [300, 500]
    assert score(one.pid) == 500
    assert one.stop() == 0


def test_a_score_that_the_kernel_refuses_says_what_is_missing(supervise):
    one = supervise("[program:low]\ncommand=sleep 1000\noom_score_adj=-500\nstartretries=0\n",
                    wrapper=["setpriv", "--bounding-set", "-sys_resource"])
    assert one.until("low", "FATAL")["description"] == REFUSED
