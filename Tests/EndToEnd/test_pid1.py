"""What makes a PID 1: orphans, signals, and an end that always comes."""

import os
import pathlib
import select
import signal
import subprocess
import time

import pytest

from supervised import alive, children_of, process_status, wait_until

SLEEPER = "[program:sleeper]\ncommand=sleep 1000\n"
ORPHANS = r"""
#include <fcntl.h>
#include <unistd.h>
#include <stdlib.h>
#include <sys/wait.h>
int main(int count, char **words) {
  for (int left = atoi(words[1]); left > 0; left -= 100) {
    if (fork() == 0) {
      for (int i = 0; i < 100; i++) if (fork() == 0) { usleep(1000); _exit(3); }
      _exit(0);
    }
    wait(0);
  }
  close(creat(words[2], 0644));
  pause();
}
"""


def children_of(pid):
    """Of all states, zombies too."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = process_status(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if status["PPid"] == str(pid):
                found.append(status)
    return found


def test_twenty_thousand_orphans_are_reaped(supervise, tmp_path):
    source, program = tmp_path / "orphans.c", tmp_path / "orphans"
    source.write_text(ORPHANS)
    subprocess.run(["cc", "-O1", "-o", program, source], check=True)
    one = supervise(f"[program:orphans]\ncommand={program} 20000 {tmp_path}/done\n", pid1=True)
    one.ready(60)
    wait_until((tmp_path / "done").exists, 60, "the last orphan")
    # The program itself is all that may be left, and never a zombie.
    wait_until(lambda: len(children_of(one.pid)) == 2, 60, "only the program and the logger left")
    assert all(child["State"][0] != "Z" for child in children_of(one.pid))
    assert one.stop() == 0


@pytest.mark.parametrize("number", [
    signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGPWR, signal.SIGRTMIN + 3])
def test_a_stop_signal_ends_it_in_order(supervise, number):
    one = supervise(SLEEPER, pid1=True).ready()
    assert one.stop(number) == 0
    assert one.moves("sleeper")[-1] == ("stopping", "stopped")


def test_a_stop_signal_ends_it_while_it_reads_its_configuration(supervise, tmp_path):
    fifo = tmp_path / "slow.conf"
    os.mkfifo(fifo)
    one = supervise(pid1=True, path=fifo)
    caught = 1 << signal.SIGTERM - 1
    wait_until(lambda: int(process_status(one.pid)["SigCgt"], 16) & caught, what="a handler")
    one.send(signal.SIGTERM)
    assert one.wait() == 128 + signal.SIGTERM


def test_a_file_that_hangs_by_the_time_of_a_reload_is_not_opened(supervise, tmp_path):
    """What it includes becomes a pipe that nobody writes, once it has been found sound: PID 1 begins
    again with what the reader has recorded."""
    included = tmp_path / "included.ini"
    included.write_text("")
    (tmp_path / "swap.sh").write_text(f"trap 'rm -f {included}; mkfifo {included}; exit' TERM; while :; do sleep 1000 & wait; done\n")
    one = supervise(f"[include]\nfiles={included}\n[program:p]\ncommand=sh {tmp_path}/swap.sh\nkillasgroup=true\n", pid1=True).ready()
    before = one.status()["p"]["pid"]
    one.send(signal.SIGHUP)
    one.begun_again("p", before)
    assert included.is_fifo()
    one.send(signal.SIGTERM)
    assert one.wait() == 0


def test_a_window_that_changes_stops_nothing_and_whose_stopsignal_it_is_is_told(supervise):
    one = supervise(SLEEPER, pid1=True).ready()
    for number in (1, 2):
        one.send(signal.SIGWINCH)
        wait_until(lambda: sum(line.get("signal") == "WINCH" for line in one.journal()) == number, what="it")
    assert one.status()["sleeper"]["state"] == "RUNNING"
    assert one.said().count("write STOPSIGNAL SIGTERM in the Dockerfile") == 1
    assert one.stop() == 0


def test_sighup_begins_again_as_pid_1(supervise):
    one = supervise(SLEEPER, pid1=True).ready()
    supervisor, first = one.pid, one.status()["sleeper"]["pid"]
    one.send(signal.SIGHUP)
    one.begun_again("sleeper", first)
    assert one.pid == supervisor
    assert one.ready().stop() == 0


def test_a_reload_ends_its_own_and_leaves_alone_who_has_come_from_outside(supervise, tmp_path):
    leaver = f"import os, subprocess; p = subprocess.Popen(['sleep', '2000'], start_new_session=True); " \
             f"open('{tmp_path}/left', 'w').write(str(p.pid)); os.execvp('sleep', ['sleep', '1000'])"
    (tmp_path / "leaver.py").write_text(leaver)
    one = supervise(SLEEPER + f"[program:leaver]\ncommand=/usr/bin/python3 {tmp_path}/leaver.py\n", pid1=True).ready()
    first = one.status()["sleeper"]["pid"]
    wait_until(lambda: (tmp_path / "left").read_text(), what="somebody left behind")

    def orphans():
        lines = [pathlib.Path(f"/proc/{child['Pid']}/cmdline").read_text() for child in children_of(one.pid)]
        return [line for line in lines if "2000" in line]

    visitor = subprocess.Popen(["nsenter", "-t", str(one.pid), "-p", "-m", "sleep", "3000"])
    try:
        one.send(signal.SIGHUP)
        one.begun_again("sleeper", first)
        one.ready()
        assert visitor.poll() is None
        assert not orphans()
        assert one.stop() == 0
        assert visitor.wait(10) == -signal.SIGTERM, "the end is the end for everybody"
    finally:
        visitor.kill()


OTHERS = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGPIPE, signal.SIGALRM, signal.SIGCONT]


@pytest.mark.parametrize("number", OTHERS)
def test_other_signals_never_kill_it(supervise, number):
    """Not as PID 1: the kernel drops signals that would kill the init process of a namespace."""
    one = supervise(SLEEPER).ready()
    pid = one.status()["sleeper"]["pid"]
    for _ in range(3):
        one.send(number)
    assert one.status()["sleeper"]["pid"] == pid
    assert one.process.poll() is None
    assert one.stop() == 0


def test_pid_1_leaves_no_signal_to_the_kernel(supervise):
    """It blocks, ignores or handles each of them itself."""
    one = supervise(SLEEPER, pid1=True).ready()
    status = process_status(one.pid)
    taken = int(status["SigBlk"], 16) | int(status["SigIgn"], 16) | int(status["SigCgt"], 16)
    assert [number.name for number in OTHERS if not taken >> number - 1 & 1] == []
    assert one.stop() == 0


def test_a_full_stdout_stops_neither_status_nor_shutdown(supervise):
    reader, writer = os.pipe()
    flood = "[program:flood]\ncommand=sh -c 'trap \"exit 0\" TERM; while :; do echo flood; done'\n"
    one = supervise(flood + "log_format=prefix\nstopwaitsecs=1\n" + SLEEPER, pid1=True, stdout=writer)
    one.ready()
    wait_until(lambda: not select.select([], [writer], [], 0)[1], what="a full pipe")
    assert one.status()["sleeper"]["state"] == "RUNNING"
    assert one.stop(timeout=9) == 0
    os.close(reader)
    os.close(writer)


def test_a_program_that_ignores_term_is_killed_on_time(supervise):
    one = supervise("""
[program:deaf]
command=sh -c 'trap "" TERM; while :; do sleep 1; done'
stopwaitsecs=1
""", pid1=True).ready()
    assert one.stop() == 0
    begun, ended = one.at("deaf", "stopping"), one.at("deaf", "stopped")
    assert 1.0 <= ended - begun < 1.9


def test_a_double_forked_leftover_is_killed(supervise, tmp_path):
    one = supervise(f"""
[program:parent]
command=sh -c '(sleep 2000 & echo $! > {tmp_path}/pid); exec sleep 1000'
killasgroup=true
""").ready()
    leftover = int((tmp_path / "pid").read_text())
    assert alive(leftover)
    assert one.client("stop", "parent") == (0, "parent: stopped\n")
    wait_until(lambda: not alive(leftover), what="the leftover's end")


LEFTOVER = """
trap 'echo ended > {place}/ended; exit' TERM
echo $$ > {place}/pid
while :; do sleep 1000 & wait; done
"""


def test_what_programs_leave_behind_is_told_to_end(supervise, tmp_path):
    """With the end of PID 1 the kernel kills all processes, but none of them can do anything before."""
    (tmp_path / "leftover.sh").write_text(LEFTOVER.format(place=tmp_path))
    one = supervise(f"""
[program:parent]
command=sh -c 'setsid sh {tmp_path}/leftover.sh & exec sleep 1000'
""", pid1=True).ready()
    wait_until((tmp_path / "pid").exists, what="a process in a session of its own")
    assert not (tmp_path / "ended").exists()
    assert one.stop() == 0
    assert (tmp_path / "ended").read_text() == "ended\n"


def test_what_ignores_the_request_to_end_is_killed(supervise, tmp_path):
    (tmp_path / "deaf.sh").write_text("trap '' TERM\n" + LEFTOVER.format(place=tmp_path).split("\n", 2)[2])
    one = supervise(f"""
[program:parent]
command=sh -c 'setsid sh {tmp_path}/deaf.sh & exec sleep 1000'
""", pid1=True).ready()
    wait_until((tmp_path / "pid").exists, what="a process in a session of its own")
    begun = time.monotonic()
    assert one.stop() == 0
    # Three seconds of grace; the rest is for a busy machine.
    assert 3 <= time.monotonic() - begun < 8


def test_it_does_nothing_at_idle(supervise):
    one = supervise(SLEEPER + "[program:other]\ncommand=sleep 1000\nlog_format=prefix\n").ready()

    def switches():
        status = process_status(one.pid)
        return status["voluntary_ctxt_switches"], status["nonvoluntary_ctxt_switches"]

    trace = one.directory / "trace"
    traced = subprocess.run(
        ["timeout", "10", "strace", "-f", "-o", trace, "-p", str(one.pid)], capture_output=True)
    assert traced.returncode == 124
    calls = [line for line in trace.read_text().splitlines()
             if "epoll_wait" not in line and "detached" not in line]
    assert calls == []
    assert one.stop() == 0
