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


def test_a_fork_bomb_makes_no_other_program_fatal(public):
    """RLIMIT_NPROC stands for the limit of the container: PID 1's fork fails with EAGAIN as well."""
    bomb = public.script("bomb.py", """
import os, select, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0:
            while True: signal.pause()
    except BlockingIOError:
        print("full", flush=True)
        select.select([], [], [], 0.02)
""")
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
