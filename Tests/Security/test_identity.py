"""Identity: whose a process is, is told by its session, its pid and its credentials, which no
process can choose, and never by its process group, which it can."""

import os
import pathlib

import pytest

from supervised import wait_until


def test_a_program_cannot_join_the_group_of_another(supervise, public):
    """In one session setpgid(2) lets a process join each group, also that of another user, and
    the memory of the process was then counted as that of the other program."""
    joiner = public.script("joiner.py", """
import os, pathlib, signal
def victims():
    for entry in pathlib.Path("/proc").glob("[1-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", b"1000"]:
            yield int(entry.parent.name)
while not (found := list(victims())):
    pass
try:
    os.setpgid(0, found[0])
    print("joined", flush=True)
except OSError as error:
    print("refused", error.errno, flush=True)
hoard = b"x" * (100 << 20)
while True: signal.pause()
""")
    one = supervise(f"""
[program:victim]
command=sleep 1000
user=www-data
memory_limit=60MB
[program:joiner]
command={joiner}
user=www-data
stdout_logfile=%DIR%/joiner.log
[program:measured]
command=/usr/bin/python3 -c "import signal; hoard = b'x' * (100 << 20); signal.pause()"
memory_limit=60MB
""", pid1=True).ready()
    before = one.status()["victim"]["pid"]
    log = one.directory / "joiner.log"
    wait_until(lambda: log.read_text().endswith("\n"), what="an attempt")
    # Two looks of the meter after the attempt, each of which restarts a program that is too large.
    for _ in range(2):
        one.begun_again("measured", one.status()["measured"]["pid"])
    assert one.status()["victim"]["pid"] == before
    assert log.read_text() == "refused 1\n"
    assert one.stop() == 0


# Descriptors that a container runtime has left open, without FD_CLOEXEC.
LEAKING = ["bash", "-c", 'exec 9</etc/hostname 77</etc/hostname; exec "$@"', "bash"]
# A filter of system calls (seccomp(2)) with which close_range(2) fails with ENOSYS, as before Linux 5.9.
OLD_KERNEL = r"""
import ctypes, errno, os, struct, sys
CLOSE_RANGE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 436, 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN, ALLOW, ERROR = 0x20, 0x15, 0x06, 0x7fff0000, 0x00050000
filter = b"".join(struct.pack("HBBI", *row) for row in [
    (LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 1, CLOSE_RANGE), (RETURN, 0, 0, ERROR | errno.ENOSYS),
    (RETURN, 0, 0, ALLOW)])
libc = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(filter)
program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(filter) // 8, ctypes.addressof(code)))
for call in [(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)]:
    if libc.prctl(*call):
        raise OSError(ctypes.get_errno(), "prctl")
os.execvp(sys.argv[1], sys.argv[1:])
"""
WITHOUT_CLOSE_RANGE = [*LEAKING, "/usr/bin/python3", "-c", OLD_KERNEL]


@pytest.mark.parametrize("wrapper", [LEAKING, WITHOUT_CLOSE_RANGE], ids=["", "without close_range"])
def test_programs_and_roles_inherit_no_descriptor_of_the_container(supervise, wrapper):
    one = supervise("""
[hook:h]
command=sh -c 'exec ls -l /proc/self/fd'
stdout_logfile=%DIR%/hook.log
[program:p]
command=sh -c 'ls -l /proc/self/fd; exec sleep 1000'
stdout_logfile=%DIR%/program.log
""", wrapper=wrapper).ready()
    assert "/etc/hostname" in os.readlink(f"/proc/{one.pid}/fd/77")
    for name in ("hook.log", "program.log"):
        text = wait_until(lambda: (one.directory / name).read_text(), what="a list")
        assert "hostname" not in text and " 0 -> " in text, text
    children = (pathlib.Path(f"/proc/{one.pid}/task/{one.pid}/children")).read_text().split()
    assert len(children) == 2  # The program and the logger.
    for pid in children:
        opened = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
        assert not any("hostname" in path for path in opened), opened
    assert one.stop() == 0


def test_each_program_leads_a_session_of_its_own(supervise):
    one = supervise("""
[program:a]
command=sleep 1000
[program:b]
command=sleep 1000
""").ready()
    rows = one.status()
    for name in ("a", "b"):
        assert os.getsid(rows[name]["pid"]) == os.getpgid(rows[name]["pid"]) == rows[name]["pid"]
    assert one.stop() == 0


def test_a_process_in_a_session_of_its_own_is_still_measured(supervise, public):
    hoarder = public.script("hoarder.py", """
import os, signal
if os.fork():
    os.wait()
os.setsid()
hoard = b"x" * (100 << 20)
signal.pause()
""")
    one = supervise(f"""
[program:w]
command={hoarder}
memory_limit=60MB
stopasgroup=true
""").ready()
    one.begun_again("w", one.status()["w"]["pid"])
    assert any("uses" in line.get("reason", "") for line in one.journal())
    assert one.stop() == 0
