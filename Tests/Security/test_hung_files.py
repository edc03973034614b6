"""A compromised program passes a descriptor of a file whose close does not end, whoever closes it."""

import os
import pathlib
import signal
import subprocess

import pytest

from fuse import FLUSH, Fuse
from notifying import NOTIFY
from supervised import children_of, role_of, wait_until
from test_control_socket import client
from test_passed_descriptors import old_kernel


def waits(pid):
    return pathlib.Path(f"/proc/{pid}/wchan").read_text() == "request_wait_answer"


@pytest.fixture
def hung(public):
    """The path of a file that every user may open, and a function that ends the waits.

    Every close(2) sends FLUSH and waits for the answer, also one that is not the last close of the file, and also
    that of a process that exits. No signal ends the wait.
    """
    with Fuse(public.path / "hung", unanswered=[FLUSH]) as files:
        yield files.place / "f", files.end


ATTACKER = """
[program:attacker]
command=%s
user=www-data
ready=notify
[program:good]
command=%s
user=nobody
ready=notify
watchdog=2s
"""


def attacked(supervise, public, path):
    """A supervisor with a program that has passed such descriptors, and one that depends on the notify role."""
    attacker = public.script("attacker.py", NOTIFY + f"""
notify("READY=1\\nSTATUS=first")
if os.fork() == 0:  # The process that has the file open cannot be ended, either.
    os.setsid()
    file = os.open("{path}", os.O_RDONLY)
    for _ in range(3): notify("STATUS=passed", passing=[file] * 8)
    notify("STATUS=behind")
while True: signal.pause()
""")
    good = public.script("good.py", NOTIFY + """
import select
notify("READY=1")
while True:
    notify("WATCHDOG=1")
    select.select([], [], [], 0.2)
""")
    one = supervise(ATTACKER % (attacker, good), pid1=True).ready()
    warning = "attacker: notification refused: the close of a descriptor that it passed does not end"
    wait_until(lambda: warning in one.said(), what="the warning")
    return one


def test_the_notify_role_waits_for_no_close(supervise, public, hung):
    path, end = hung
    one = attacked(supervise, public, path)
    notify, before = role_of(one, "notify"), one.status()["good"]["pid"]
    assert [waits(child) for child in children_of(notify)] == [True]
    # Neither the program's end nor its next start takes further processes, and its messages are read again.
    for _ in range(2):
        assert one.client("restart", "attacker")[0] == 0
        wait_until(lambda: one.status()["attacker"].get("status_text") == "passed", what="its messages")
    assert 1 <= len(children_of(notify)) <= 3  # One receives; two empty the queues of the ended processes.
    assert role_of(one, "notify") == notify and one.status()["good"]["pid"] == before
    assert "no WATCHDOG=1" not in one.said() and "has not answered" not in one.said()
    end()
    wait_until(lambda: one.status()["attacker"].get("status_text") == "behind", what="the message behind them")
    wait_until(lambda: not children_of(notify), what="the end of the children")
    assert role_of(one, "notify") == notify, "the role has ended meanwhile"
    assert one.stop() == 0


def test_the_end_of_a_close_that_another_message_waits_for_ends_no_role(supervise, public, hung):
    path, end = hung
    passed = public.path / "own" / "passed"
    passed.parent.mkdir()
    passed.parent.chmod(0o777)
    attacker = public.script("attacker.py", NOTIFY + f"""
notify("READY=1")
first = not os.path.exists("{passed}")
if not first or os.fork() == 0:  # The process that has the first file open cannot be ended.
    if first: os.setsid()
    file = os.open("{path}" if first else "/dev/null", os.O_RDONLY)
    notify("STATUS=first" if first else "STATUS=second", passing=[file])
    if not first: notify("STATUS=behind")
    open("{passed}", "w").close()
while True: signal.pause()
""")
    one = supervise(f"[program:attacker]\ncommand={attacker}\nuser=www-data\nready=notify\n", pid1=True).ready()

    def status(text):
        wait_until(lambda: one.status()["attacker"].get("status_text") == text, what=f"STATUS={text}")

    notify = role_of(one, "notify")
    wait_until(lambda: passed.exists() and children_of(notify), what="the first descriptor")
    assert one.client("restart", "attacker")[0] == 0
    status("second")
    end()
    status("behind")
    assert role_of(one, "notify") == notify and "internal error" not in one.said()
    assert one.stop() == 0


# It passes the descriptor twice: with a request, and at a connection that it leaves.
CLIENT = """
import os, socket, sys
file = os.open(sys.argv[1], os.O_RDONLY)
kept = []
for text in (b"status\\n", b"sta"):
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[2].replace("@", chr(0), 1))
    socket.send_fds(client, [text], [file])
    kept.append(client)
kept[1].shutdown(socket.SHUT_WR)
print("passed", flush=True)
sys.stdin.read()
"""


def test_pid_1_waits_for_no_close(supervise, hung):
    """As before Linux 6.16, at a control socket to which every user may connect."""
    path, end = hung
    one, address = old_kernel(supervise)
    os.kill(one.pid, signal.SIGSTOP)  # It would close a connection before the descriptor is passed.
    with subprocess.Popen(["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "/usr/bin/python3", "-I", "-c",
                           CLIENT, path, address], cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sender:
        try:
            assert sender.stdout.readline() == b"passed\n"
            os.kill(one.pid, signal.SIGCONT)
            for _ in range(3):
                assert client(one, "status")[0] == 0
            assert not waits(one.pid)
            client(one, "shutdown")
            assert one.wait() == 0
        finally:
            end()
            sender.kill()
