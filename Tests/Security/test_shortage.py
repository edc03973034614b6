"""A program uses up what all programs share: the others come back when it is available again."""

import contextlib

from supervised import Supervised, need_root, wait_until

# An account that no other test uses: the kernel counts the processes of a user on the whole machine.
ACCOUNT = "games"
LIMIT = 60


@contextlib.contextmanager
def limited(public, configuration):
    """A supervisor of that account, in a directory that the account can reach."""
    need_root("another user")
    directory = public.path / "supervisor"
    directory.mkdir()
    one = Supervised(directory, configuration, account=ACCOUNT,
                     wrapper=["prlimit", f"--nproc={LIMIT}"]).start()
    try:
        yield one
    finally:
        one.kill()
        print(one.said()[-6000:])


BOMB = """
import os, select, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0:
            while True: signal.pause()
    except BlockingIOError:
        print("full", flush=True)
        select.select([], [], [], 0.02)
"""


def test_a_fork_bomb_makes_no_other_program_fatal(public):
    """RLIMIT_NPROC stands for the limit of the container: PID 1's fork fails with EAGAIN as well."""
    bomb = public.script("bomb.py", BOMB)
    configuration = f"""
[program:good]
command=sleep 1000
startretries=0
autostart=false
[program:bomb]
command={bomb}
killasgroup=true
stopwaitsecs=1
stdout_logfile=%DIR%/bomb.log
"""
    with limited(public, configuration) as one:
        log = one.ready().directory / "bomb.log"
        wait_until(lambda: "full" in log.read_text(), what="a full process table")
        assert "spawn error" in one.client("start", "good")[1]

        def delays():
            return [line["delay"] for line in one.journal() if line.get("event") == "restart scheduled"]
        wait_until(lambda: len(delays()) >= 3, what="a third attempt")
        assert delays()[:3] == [1, 2, 3]
        assert "fatal" not in [to for _, to in one.moves("good")]
        one.client("stop", "bomb")
        one.until("good", "RUNNING")
        assert one.stop() == 0


def test_a_limit_of_a_user_s_processes_makes_no_other_program_fatal(supervise, public):
    """Of root's children only the one that has become the user fails, with EAGAIN of execve(2)."""
    bomb = public.script("bomb.py", BOMB)
    one = supervise(f"""
[program:good]
command=sleep 1000
user={ACCOUNT}
numprocs=3
process_name=%(process_num)d
startretries=0
autostart=false
[program:checked]
command=sleep 1000
user={ACCOUNT}
health=exec:/bin/true
health_interval=1s
on_unhealthy=ignore
[program:bomb]
command={bomb}
user={ACCOUNT}
killasgroup=true
stopwaitsecs=1
stdout_logfile={public.path}/bomb.log
""", wrapper=["prlimit", f"--nproc={LIMIT}"]).ready()
    wait_until(lambda: "full" in (public.path / "bomb.log").read_text(), what="a full process table")
    # The kernel admits one process more by execve(2) than by fork(2).
    assert "spawn error" in one.client("start", "good:*")[1]
    wait_until(lambda: "checked: health could not be checked: Too many processes" in one.said(),
               what="a check without a process")
    wait_until(lambda: one.said().count("couldn't exec sleep: EAGAIN") >= 3, what="a third attempt")
    # A role as root would be worth more to an attacker.
    assert "roles run as uid 0" not in one.said()
    one.client("stop", "bomb")
    for number in range(3):
        one.until(f"good:{number}", "RUNNING")
    assert "FATAL" not in one.said()
    assert one.stop() == 0
