"""Roles: what a compromised program can do to them, and what a compromised role could do.

Every attacker is an unprivileged program of the real supervisor.
"""

import base64
import contextlib
import errno
import fcntl
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import xmlrpc.client

import pytest

from injection import hang, system_call
from lookups import waiting_lookup
import supervised
from supervised import children_of, free_port, process_status, rests, role_of, wait_until

pytestmark = pytest.mark.usefixtures("open_directories")
only_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the injection is written for x86-64")
BASE = 65520
SECRET = "hunter2-of-the-container"
CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, SETGID, SETUID = (
    1 << number for number in (0, 1, 2, 3, 6, 7))
READING_AS_ROOT = DAC_OVERRIDE | DAC_READ_SEARCH | SETGID | SETUID
ROLES = {  # name: uid, capabilities
    "logger": (BASE + 7, CHOWN | DAC_OVERRIDE | FOWNER | SETGID | SETUID),
    "gateway": (BASE + 1, 0),
    "events": (BASE + 2, 0),
    "meter": (BASE + 3, 0),
    "notify": (BASE + 6, 0),
}

# Everything that a program can try against a process, and what came of it, as JSON in a file.
ATTACK = r"""
import ctypes, errno, json, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt(action):
    try:
        action()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]
def call(*arguments):
    if libc.syscall(*(ctypes.c_long(one) for one in arguments)) < 0:
        raise OSError(ctypes.get_errno(), "")
PTRACE, PROCESS_VM_READV, PIDFD_OPEN, PIDFD_GETFD, PRLIMIT, PIDFD_SIGNAL = {
    "x86_64": (101, 310, 434, 438, 302, 424), "aarch64": (117, 270, 434, 438, 261, 424)}[os.uname().machine]
def pidfd(pid):
    descriptor = libc.syscall(ctypes.c_long(PIDFD_OPEN), ctypes.c_long(pid), ctypes.c_long(0))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "")
    return descriptor
buffer = ctypes.create_string_buffer(64)
iovec = (ctypes.c_long * 2)(ctypes.addressof(buffer), 8)
found = {}
for pid in map(int, sys.argv[2:]):
    found[pid] = {
        "ptrace": attempt(lambda: call(PTRACE, 0x4206, pid, 0, 0)),  # PTRACE_SEIZE
        "memory": attempt(lambda: call(PROCESS_VM_READV, pid, ctypes.addressof(iovec), 1,
                                       ctypes.addressof(iovec), 1, 0)),
        "descriptor": attempt(lambda: call(PIDFD_GETFD, pidfd(pid), 3, 0)),
        "limits": attempt(lambda: call(PRLIMIT, pid, 7, ctypes.addressof(buffer), 0)),
        "priority": attempt(lambda: os.setpriority(os.PRIO_PROCESS, pid, 19)),
        "environ": attempt(lambda: open(f"/proc/{pid}/environ", "rb").read()),
        "mem": attempt(lambda: open(f"/proc/{pid}/mem", "rb")),
        "maps": attempt(lambda: open(f"/proc/{pid}/maps", "rb").read()),
        "fd": attempt(lambda: os.listdir(f"/proc/{pid}/fd")),
        "output": attempt(lambda: open(f"/proc/{pid}/fd/1", "w")),
        "root": attempt(lambda: os.listdir(f"/proc/{pid}/root/")),
        "exe": attempt(lambda: os.readlink(f"/proc/{pid}/exe")),
        **{f"signal {number}": attempt(lambda: os.kill(pid, number))
           for number in (0, signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL, signal.SIGCONT)},
        "pidfd signal": attempt(lambda: call(PIDFD_SIGNAL, pidfd(pid), 9, 0, 0)),
    }
with open(sys.argv[1] + ".new", "w") as file:
    json.dump(found, file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
"""
# Without the signals, which end what has the same user.
READING = ATTACK[:ATTACK.index('        **{f"signal')] + ATTACK[ATTACK.index("    }\nwith open"):]


@pytest.fixture
def open_place():
    """A directory that every user may write to."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-test-", dir="/tmp"))
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


def every_role(supervise, more="", **options):
    """A supervisor with every role that lives as long as it does."""
    port = free_port()
    options = {"pid1": True, **options}
    one = supervise(f"""
[inet_http_server]
port=127.0.0.1:{port}
username=u
password=p
[eventlistener:listener]
command=/usr/bin/python3 -c "import signal; signal.pause()"
events=PROCESS_STATE
[program:worker]
command=sleep 1000
memory_limit=1GB
[program:notifier]
command=sleep 1000
ready=notify
{more}
""", environment={"CONTAINER_SECRET": SECRET, "TZ": "UTC"}, **options)
    one.until("worker", "RUNNING")
    one.port = port
    for name in ROLES:
        wait_until(lambda: role_of(one, name), what=name)
    return one


def roles(one):
    return {name: role_of(one, name) for name in ROLES}


@pytest.mark.parametrize("user", ["nobody", "www-data", "65519"])
def test_a_program_cannot_touch_a_role(supervise, open_place, user):
    script, result = open_place / "attack.py", open_place / "result"
    script.write_text(ATTACK)
    one = every_role(supervise, f"""
[program:attacker]
command=/bin/sh -c 'exec /usr/bin/python3 {script} {result} $(cat {open_place}/pids)'
user={user}
autostart=false
autorestart=false
startsecs=0
directory=/
""")
    pids = roles(one)
    inner = {int(process_status(pid)["NSpid"].split()[-1]): name for name, pid in pids.items()}
    (open_place / "pids").write_text(" ".join(map(str, [1, *inner])))
    assert one.client("start", "attacker")[0] == 0
    wait_until(result.exists, what="an end of the attack")
    found = {int(pid): outcome for pid, outcome in json.loads(result.read_text()).items()}
    assert set(found) == {1, *inner}
    for pid, outcome in found.items():
        refused = {what: answer for what, answer in outcome.items() if answer not in ("EPERM", "EACCES")}
        assert not refused, (inner.get(pid, "PID 1"), refused)
    assert roles(one) == pids, "a role was replaced"
    assert all(process_status(pid)["State"][0] in "SR" for pid in pids.values()), "a role was stopped"


def test_each_role_has_a_user_of_its_own_and_no_right_that_it_does_not_need(supervise):
    """The supervisor has supplementary groups here, which no role keeps."""
    one = every_role(supervise, wrapper=["setpriv", "--groups=0,4242"])
    assert process_status(one.pid)["Groups"] == "0 4242"
    users = set()
    for name, pid in roles(one).items():
        user, capabilities = ROLES[name]
        status = process_status(pid)
        # The last one is the file-system user: the logger creates files as root.
        files = 0 if capabilities else user
        assert status["Uid"].split() == [str(user)] * 3 + [str(files)], name
        assert status["Gid"].split() == [str(user)] * 3 + [str(files)], name
        for each in ("CapPrm", "CapEff", "CapBnd"):
            assert int(status[each], 16) == capabilities & int(process_status("self")["CapBnd"], 16), (name, each)
        assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
        assert status["NoNewPrivs"] == "1", name
        assert status["Seccomp"] == "2", name
        assert status["Groups"] == "", name
        assert user not in users
        users.add(user)


def test_no_role_has_the_secrets_of_the_container(supervise):
    """Not in its environment, and none in a command line, which every user may read."""
    one = every_role(supervise)
    for name, pid in roles(one).items():
        text = pathlib.Path(f"/proc/{pid}/environ").read_text()
        names = {entry.partition("=")[0] for entry in text.split("\0") if entry}
        assert SECRET not in text, name
        assert names <= {"logger": {"TZ", "PATH", "NO_COLOR"}, "gateway": {"TZ"}}.get(name, set()), name
        assert pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0") == f"entrypoint: {name}".encode()


def test_the_numbers_can_be_chosen_and_are_refused_to_programs(supervise, tmp_path):
    one = every_role(supervise, supervisord="role_uid_base=31000")
    assert process_status(role_of(one, "gateway"))["Uid"].split()[0] == "31001"
    one = supervise("[program:p]\ncommand=sleep 1000\nuser=31005\n", supervisord="role_uid_base=31000")
    assert one.wait() == 2
    assert ("6:6: error: uid 31005 in [program:p] belongs to a role: role_uid_base=31000 reserves 31000 to 31013"
            in one.said())


def test_a_program_that_has_such_a_number_moves_the_roles(supervise):
    one = every_role(supervise, f"[program:other]\ncommand=sleep 1000\nuser={BASE + 1}\n")
    user = int(process_status(role_of(one, "gateway"))["Uid"].split()[0])
    assert user not in (0, BASE + 1)


@pytest.mark.parametrize("section", [
    "[program:atk]\ncommand=sleep 1000\n", "[hook:atk]\ncommand=/bin/true\n",
    "[cron:atk]\ncommand=/bin/true\nschedule=@yearly\n"], ids=["program", "hook", "cron"])
def test_an_update_cannot_start_a_process_as_a_role(supervise, section):
    one = every_role(supervise)
    gateway, before = role_of(one, "gateway"), one.status()["worker"]["pid"]
    with one.path.open("a") as file:
        file.write(f"\n{section}user={BASE + 1}\n")
    reason = f"atk: uid {BASE + 1} belongs to a role: use reload, which moves the roles, or another uid"
    for command in ("reread", "update", "scale worker 1"):
        code, text = one.client(*command.split())
        assert code != 0 and reason in text, text
    with pytest.raises(xmlrpc.client.Fault, match=f"CANT_REREAD: {reason}"):
        xmlrpc.client.ServerProxy(f"http://u:p@127.0.0.1:{one.port}").supervisor.reloadConfig()
    assert one.client("add", "atk")[0] != 0
    assert f"ERRO cannot read the configuration again: {reason}" in one.said()
    assert "atk" not in one.status() and role_of(one, "gateway") == gateway
    assert one.client("reload")[0] == 0
    one.begun_again("worker", before)
    wait_until(lambda: "atk" in one.status(), what="the new unit")
    gateway = wait_until(lambda: role_of(one, "gateway"), what="a gateway")
    assert process_status(gateway)["Uid"].split()[0] not in ("0", str(BASE + 1))


def test_a_user_whose_number_becomes_that_of_a_role_starts_nothing(supervise):
    """A hook changes the user after the roles have got their numbers."""
    change = f"sed s/^www-data:x:33:/www-data:x:{BASE + 1}:/ /etc/passwd > %DIR%/users"
    one = supervise(f"""
[hook:h]
command=/bin/sh -c "{change} && mount --bind %DIR%/users /etc/passwd"
[program:p]
command=sleep 1000
user=www-data
startretries=0
""", pid1=True)
    one.until("p", "FATAL")
    assert f"uid {BASE + 1} belongs to a role: use another uid" in one.said()


@pytest.mark.parametrize("options, said", [
    ({"account": "www-data", "pid1": False}, "only root can give them users of their own"),
    ({"wrapper": ["setpriv", "--bounding-set=-setuid,-kill", "--inh-caps=-setuid,-kill"], "pid1": False},
     "this root lacks CAP_SETUID or CAP_SETGID"),
    ({"wrapper": ["sh", "-c", 'exec unshare --user --map-root-user "$0" "$@"'], "pid1": False},
     f"the user namespace does not map {BASE} to {BASE + 13}"),
], ids=["www-data", "weak root", "rootless"])
def test_where_there_are_no_other_users_the_rest_still_holds(supervise, options, said):
    one = every_role(supervise, supervisord="loglevel=debug", **options)
    own = process_status(one.pid)["Uid"].split()[0]
    assert f"roles run as uid {0 if 'wrapper' in options else own}: {said}" in one.said()
    assert "CAP_KILL" not in one.said()
    for name, pid in roles(one).items():
        status = process_status(pid)
        assert status["Uid"].split()[0] == own, name
        assert status["NoNewPrivs"] == "1", name
        assert int(status["CapEff"], 16) & ~ROLES[name][1] == 0, name
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0 or own != "0", "it can be inspected"
    assert one.stop() == 0


def test_a_program_of_the_supervisor_s_own_user_reads_no_role(supervise, open_place):
    """Nor does it trace one. The supervisor itself stays open to its user, whose jobs write to /proc/1/fd/1."""
    one = every_role(supervise, account="www-data", pid1=False)
    pids = {**roles(one), "supervisor": one.pid}
    subprocess.run(["/usr/bin/python3", "-c", READING, open_place / "found", *map(str, pids.values())],
                   user="www-data", group="www-data", extra_groups=[], check=True, timeout=30)
    found = json.loads((open_place / "found").read_text())
    for name in ROLES:
        refused = found[str(pids[name])]
        for kind in ("ptrace", "memory", "descriptor", "environ", "mem", "maps", "fd", "output"):
            assert refused[kind] in ("EPERM", "EACCES"), f"{kind} of {name}: {refused[kind]}"
    assert found[str(one.pid)]["output"] == "done"
    assert one.stop() == 0


# Numbers of system calls of x86-64.
OPEN, SOCKET, SENDMSG, CLONE, FORK, EXECVE, KILL, PTRACE, SETUID, MMAP, MOUNT, BPF, UNSHARE = (
    2, 41, 46, 56, 57, 59, 62, 101, 105, 9, 165, 321, 272)
CLONE_NEWUSER = 0x10000000


@only_x86
@pytest.mark.parametrize("name", list(ROLES))
def test_a_role_that_was_taken_over_can_do_little(supervise, name):
    """Calls that only an attacker makes end it; PID 1 starts it again."""
    one = every_role(supervise)
    pid = role_of(one, name)
    refused = {"setuid": (SETUID, 54321), "kill PID 1": (KILL, 1, 9),
               "a user namespace": (CLONE, CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0),
               "memory for code": (MMAP, 0, 4096, 7, 0x22, -1, 0)}
    if name == "logger":
        # It starts gzip(1), and may stop it.
        del refused["memory for code"]
    else:
        if name != "notify":
            # A copy of it closes the descriptors that programs pass.
            refused["fork"] = (FORK,)
        refused["socket"] = (SOCKET, 2, 1, 0)
        # PID 1 would have to close what it passes, and closing may wait.
        refused["sendmsg"] = (SENDMSG, 3, 0, 0)
    if name == "events":
        refused["open"] = (OPEN, 0, 0, 0)
    for what, call in refused.items():
        assert system_call(pid, *call) == -errno.EPERM, what
    fatal = {"ptrace": (PTRACE, 0x4206, 1, 0, 0), "mount": (MOUNT, 0, 0, 0, 0, 0), "bpf": (BPF, 0, 0, 0),
             "unshare": (UNSHARE, 0)}
    if name != "logger":
        fatal["execve"] = (EXECVE, 0, 0, 0)
    for what, call in fatal.items():
        pid = wait_until(lambda: role_of(one, name), what=name)
        rests(pid, looks=5)
        assert system_call(pid, *call) == signal.SIGSYS, what
        wait_until(lambda: role_of(one, name) not in (None, pid), what=f"another {name}")


@pytest.mark.parametrize("name", list(ROLES))
def test_a_role_that_is_stopped_is_replaced(supervise, name):
    """Only root can stop one."""
    one = every_role(supervise)
    pid = role_of(one, name)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: role_of(one, name) not in (None, pid), what=f"another {name}")
    title = f"{name} role" if name in ("events", "notify") else name
    assert f"CRIT the {title} was stopped by a signal; killing it" in one.said()
    assert f"CRIT the {title} ended (" in one.said()


def test_a_role_that_root_may_not_signal_is_named(supervise):
    one = every_role(supervise, pid1=False, wrapper=["setpriv", "--bounding-set=-kill", "--inh-caps=-all"])
    assert "WARN this root lacks CAP_KILL: the supervisor can neither stop nor kill programs and roles that run as " \
        "other users" in one.said()
    pid = role_of(one, "meter")
    os.kill(pid, signal.SIGSTOP)
    line = "CRIT the meter was stopped by a signal; it cannot be killed, because this root lacks CAP_KILL"
    wait_until(lambda: line in one.said(), what="a line")
    os.kill(pid, signal.SIGKILL)
    one.stop()


def test_root_whose_programs_all_run_as_root_needs_no_capability_to_signal_them(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\n",
                    wrapper=["setpriv", "--bounding-set=-setuid,-kill", "--inh-caps=-all"]).ready()
    assert one.stop() == 0
    assert "CAP_KILL" not in one.said()


def reading(supervise):
    """A supervisor whose reader waits at a FIFO, the reader's pid, the thread of the client and its answer."""
    one = supervise("[include]\nfiles=more.conf\n[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    os.mkfifo(one.directory / "more.conf")
    answer = []
    thread = threading.Thread(target=lambda: answer.append(one.client("reread", timeout=120)))
    thread.start()
    return one, wait_until(lambda: role_of(one, "reader"), what="a reader"), thread, answer


def test_a_reader_that_is_stopped_is_killed(supervise):
    one, reader, thread, answer = reading(supervise)
    os.kill(reader, signal.SIGSTOP)
    thread.join(20)
    assert answer[0][0] != 0 and "CANT_REREAD: the reader ended: terminated by SIGKILL" in answer[0][1], answer
    assert "CRIT the reader was stopped by a signal; killing it" in one.said()
    (one.directory / "more.conf").unlink()
    assert one.client("reread")[0] == 0


def test_a_lookup_that_is_stopped_is_killed(supervise, tmp_path):
    one = supervise("[program:p]\ncommand=%DIR%/later\nuser=www-data\nautostart=false\n", pid1=True).ready()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    subprocess.run(["nsenter", "--mount", f"--target={one.pid}", "mount", "--bind", fifo, "/etc/group"], check=True)
    answer = []
    thread = threading.Thread(target=lambda: answer.append(one.client("start", "p")))
    thread.start()
    os.kill(wait_until(lambda: role_of(one, "lookup"), what="a lookup"), signal.SIGSTOP)
    thread.join(20)
    assert answer and answer[0][0] != 0, answer
    assert "CRIT the lookup role was stopped by a signal; killing it" in one.said()
    assert "cannot look up commands and users: the role ended (terminated by SIGKILL)" in one.said()


def test_a_step_role_that_is_stopped_is_killed(supervise, tmp_path):
    """The role waits at a full pipe with a line about a file that it leaves as it is."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").touch()
    (tree / "link").hardlink_to(tree / "file")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x")
    os.set_blocking(writer, True)
    one = supervise(f"[directory:d]\npath={tree}\nowner=www-data\nrecursive=true\n[program:p]\ncommand=sleep 1000\n",
                    pid1=True, stderr=writer, supervisord="logfile=%DIR%/main.log")
    os.close(writer)
    role = wait_until(lambda: role_of(one, "directory"), what="the role")
    rests(role, looks=5)
    os.kill(role, signal.SIGSTOP)
    assert one.wait() != 0
    os.close(reader)
    said = (one.directory / "main.log").read_text()
    assert "CRIT the directory role of d was stopped by a signal; killing it" in said


@pytest.mark.parametrize("user, timeout", [("", "0"), ("user=www-data\n", "1000s")])
def test_a_lock_role_that_is_stopped_is_killed(supervise, user, timeout):
    """It waits for a lock, in flock(2) or between two attempts. The timeout of the hook is 300 s."""
    with tempfile.NamedTemporaryFile(dir="/tmp") as lock:
        os.chmod(lock.name, 0o666)
        fcntl.flock(lock, fcntl.LOCK_EX)
        one = supervise(f"[hook:h]\ncommand=true\nlock=file://{lock.name}\nlock_timeout={timeout}\n{user}"
                        "[program:p]\ncommand=sleep 1000\n", pid1=True)
        role = wait_until(lambda: role_of(one, "lock"), what="the role")
        wait_until(lambda: process_status(role)["State"].startswith("S"), what="the wait")
        os.kill(role, signal.SIGSTOP)
        assert one.wait() == 137
        assert "CRIT the lock role of h was stopped by a signal; killing it" in one.said()
        assert "h: failed" in one.said()


@pytest.mark.parametrize("lock", ["", "lock=file://{}/lock\n"])
def test_a_program_or_a_hook_that_is_stopped_stays(supervise, open_place, lock):
    """Its user may stop it."""
    one = supervise("[program:p]\ncommand=sh -c 'kill -STOP $$; exec sleep 1000'\nuser=www-data\nstartsecs=0\n"
                    "[hook:h]\ncommand=sh -c 'kill -STOP $$'\nstage=ready\nuser=www-data\n" + lock.format(open_place),
                    pid1=True)
    hook = wait_until(lambda: one.until("h", "running")["pid"], what="the hook's process")
    stopped = {one.until("p", "RUNNING")["pid"], hook}

    def states():
        children = children_of(one.pid)
        return {int(status["NSpid"].split()[-1]): status["State"][0] for status in map(process_status, children)}
    wait_until(lambda: all(states().get(pid) == "T" for pid in stopped), what="two stopped processes")
    one.send(signal.SIGCHLD)
    rests(one.pid)
    assert all(states().get(pid) == "T" for pid in stopped)
    assert "stopped by a signal" not in one.said()


@only_x86
def test_a_gateway_that_hangs_is_replaced_for_the_next_client(supervise):
    """Nothing notices it without a client; with one it takes ten seconds."""
    one = every_role(supervise)
    pid = role_of(one, "gateway")
    hang(pid)
    rests(one.pid)
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as client:
        login = base64.b64encode(b"u:p").decode()
        client.sendall(f"GET /healthz HTTP/1.0\r\nAuthorization: Basic {login}\r\n\r\n".encode())
        assert client.recv(4096).startswith(b"HTTP/1."), "the connection was lost"
    assert role_of(one, "gateway") != pid
    assert "CRIT the gateway has not answered for 10 s; killing it" in one.said()


@only_x86
@pytest.mark.parametrize("name", ["logger", "events", "meter", "notify"])
def test_a_role_that_does_not_read_is_replaced(supervise, name):
    one = every_role(supervise)
    pid = role_of(one, name)
    hang(pid)
    # Each of them is told of the new process.
    one.send(signal.SIGUSR2)
    for program in ("worker", "notifier"):
        one.client("signal", "KILL", program)
    wait_until(lambda: role_of(one, name) not in (None, pid), what=f"another {name}")
    assert "has not answered for 10 s; killing it" in one.said()


def test_watching_the_roles_wakes_nothing(supervise):
    one = every_role(supervise)
    assert one.client("restart", "worker")[0] == 0
    one.until("worker", "RUNNING")
    rests(one.pid, looks=100)


SERVERS = {  # scheme: what a server says first, or to any request
    "mysql": b"J\0\0\0\x0a8.0.36\0" + b"x" * 66,
    "postgres": b"N", "redis": b"+PONG\r\n", "http": b"HTTP/1.1 200 OK\r\n\r\n", "tcp": b"",
    "fcgi": b"",
}


@pytest.mark.parametrize("scheme", list(SERVERS))
@pytest.mark.parametrize("kind", ["wait", "program"])
def test_a_probe_meets_its_server_without_rights(supervise, scheme, kind):
    """The server keeps the connection open, so that the probe can be looked at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/"
        text = (f"[wait:w]\nurl={url}\nprobe_timeout=20s\n" if kind == "wait" else
                f"[program:p]\ncommand=sleep 1000\nhealth={url}\nhealth_timeout=20s\nhealth_interval=1s\n")
        if scheme == "tcp":
            text = text.replace(f"{scheme}://", "http://")
        one = supervise(text, pid1=True, environment={"CONTAINER_SECRET": SECRET})
        server.settimeout(30)
        with server.accept()[0]:
            looks_harmless(one, BASE + 4)


def looks_harmless(one, user, bounding=0):
    pid = role_of(one, "probe")
    wait_until(lambda: process_status(pid)["Seccomp"] == "2", what="a filter")
    status = process_status(pid)
    assert status["Uid"].split() == status["Gid"].split() == [str(user)] * 4
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == int(status["CapAmb"], 16) == 0
    assert int(status["CapBnd"], 16) & ~bounding == 0
    assert status["NoNewPrivs"] == "1"
    assert SECRET not in pathlib.Path(f"/proc/{pid}/environ").read_text()


@pytest.mark.parametrize("owner", ["www-data", "root"])
@pytest.mark.parametrize("kind", ["wait", "program"])
def test_a_probe_of_a_socket_has_no_rights_when_it_connects(supervise, public, kind, owner):
    """A socket of mode 0660 in a private directory, of a program that root runs, as PHP-FPM's."""
    private = public.path / "private"
    private.mkdir(mode=0o700)
    path = private / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o660)
        for each in (private, path):
            shutil.chown(each, owner, owner)
        server.listen()
        url = f"fcgi://{path}#/ping"
        text = (f"[wait:w]\nurl={url}\nprobe_timeout=20s\n" if kind == "wait" else
                f"[program:p]\ncommand=sleep 1000\nhealth={url}\nhealth_timeout=20s\nhealth_interval=1s\n")
        one = supervise(text, pid1=True, environment={"CONTAINER_SECRET": SECRET})
        server.settimeout(30)
        with server.accept()[0] as connection:
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            assert struct.unpack("3i", credentials)[1:] == (BASE, BASE)
            looks_harmless(one, BASE, bounding=READING_AS_ROOT)


def test_a_probe_of_a_program_s_own_socket_is_the_program_s_user(supervise, open_place):
    path = open_place / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        path.chmod(0o600)
        shutil.chown(path, "www-data", "www-data")
        server.listen()
        one = supervise(f"[program:p]\ncommand=sleep 1000\nuser=www-data\nhealth=fcgi://{path}#/ping\n"
                        "health_timeout=20s\nhealth_interval=1s\n", pid1=True)
        server.settimeout(30)
        with server.accept()[0]:
            looks_harmless(one, 33)


def reads_as_root(pid, number, capabilities):
    """It has a user of its own, and sees the files that root sees."""
    wait_until(lambda: process_status(pid)["Seccomp"] == "2", what="a filter")
    status = process_status(pid)
    assert status["Uid"].split() == status["Gid"].split() == [str(BASE + number)] * 3 + ["0"]
    kept = capabilities & int(process_status("self")["CapBnd"], 16)
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == kept
    assert int(status["CapInh"], 16) == int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1" and status["Groups"] == ""


def test_what_reads_the_configuration_has_a_user_of_its_own(supervise):
    """A private file that a FIFO has replaced shows the reader at work."""
    one = supervise("[include]\nfiles=more.conf\n[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    fifo = one.directory / "more.conf"
    os.mkfifo(fifo, 0o600)
    answer = []
    thread = threading.Thread(target=lambda: answer.append(one.client("reread")))
    thread.start()
    reads_as_root(wait_until(lambda: role_of(one, "reader"), what="a reader"), 11, READING_AS_ROOT)
    fifo.write_text("[program:more]\ncommand=sleep 1000\nuser=www-data\n")
    thread.join(60)
    assert answer[0][0] == 0 and "more: available" in answer[0][1], answer
    assert one.stop() == 0


def test_what_looks_up_users_has_a_user_of_its_own(supervise, tmp_path):
    """A FIFO instead of /etc/group shows the lookup role at work."""
    one = supervise("[program:p]\ncommand=%DIR%/later 1000\nuser=www-data\nautostart=false\nstartsecs=0\n",
                    pid1=True).ready()
    later = one.directory / "later"
    shutil.copy("/bin/sleep", later)
    later.chmod(0o700)
    shutil.chown(later, "www-data", "www-data")
    answer = []
    thread = threading.Thread(target=lambda: answer.append(one.client("start", "p")))
    with waiting_lookup(one, tmp_path):
        thread.start()
        lookup = wait_until(lambda: role_of(one, "lookup"), what="a lookup")
        reads_as_root(lookup, 12, DAC_OVERRIDE | DAC_READ_SEARCH)
    thread.join(60)
    assert answer[0][0] == 0, answer
    one.until("p", "RUNNING")
    assert one.stop() == 0


def test_a_probe_of_a_file_has_a_user_of_its_own(supervise, open_place):
    private = open_place / "private"
    private.mkdir(mode=0o700)
    shutil.chown(private, "www-data", "www-data")
    (private / "file").touch()
    one = supervise(f"[program:p]\ncommand=sleep 1000\nhealth=file://{private}/file\nhealth_interval=1s\n",
                    pid1=True)
    users = set()
    def looked():
        """The check takes a few milliseconds. Its name appears once its rights are reduced."""
        for _ in range(1000):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if pid := role_of(one, "probe"):
                    users.add(process_status(pid)["Uid"].split()[0])
                    return True
        return False
    wait_until(looked, what="a look at a check")
    assert users == {str(BASE + 13)}
    wait_until(lambda: one.status()["p"].get("healthy"), what="a success")


@pytest.mark.parametrize("user", ["", "user=www-data"])
def test_what_redis_says_to_a_lease_is_read_without_rights(supervise, user):
    """The lease itself is root's and speaks to nobody. No process that knows the password is one of the hook's
    user, who could read its environment from execve(2) until the process has made itself undumpable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = supervise(f"[hook:h]\ncommand=/bin/true\n{user}\n"
                        f"lock=redis://127.0.0.1:{server.getsockname()[1]}/key\n", pid1=True,
                        environment={"CONTAINER_SECRET": SECRET})
        server.settimeout(30)
        with server.accept()[0]:
            lease = role_of(one, "lease")
            pid = int(children_of(lease)[0])
            assert pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"entrypoint: redis")
            status = process_status(pid)
            assert status["Uid"].split() == status["Gid"].split() == [str(BASE + 5)] * 4
            assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == 0
            assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
            assert process_status(lease)["Uid"].split() == ["0"] * 4
            environment = pathlib.Path(f"/proc/{pid}/environ").read_text()
            assert [one.partition("=")[0] for one in environment.split("\0") if one] == ["ENTRYPOINT_LOCK"]


def test_a_hook_inherits_nothing_of_its_lease(supervise, redis_server, tmp_path):
    one = supervise(f"[hook:h]\ncommand=/bin/sh -c 'env > %DIR%/env; cat /proc/self/status > %DIR%/status'\n"
                    f"lock=redis://127.0.0.1:{redis_server}/key\n[program:p]\ncommand=sleep 1000\n",
                    environment={"CONTAINER_SECRET": SECRET}).ready()
    text = (one.directory / "env").read_text()
    assert SECRET in text and "ENTRYPOINT_LOCK" not in text
    status = (one.directory / "status").read_text()
    assert "NoNewPrivs:\t0" in status and "Seccomp:\t0" in status


def test_a_hook_with_a_lease_has_the_rights_of_its_user(supervise, redis_server, public):
    """Its variables have no effect on the lease, which is root's."""
    out, place = public.path / "out", public.path / "place"
    for path in (out, place):
        path.mkdir()
        shutil.chown(path, "www-data")
    one = supervise(f"""
[hook:h]
command=/bin/sh -c 'env > {out}/env; cat /proc/self/status > {out}/status; pwd > {out}/pwd; id -G > {out}/groups; umask > {out}/umask'
user=www-data
directory={place}
umask=027
environment=GLIBC_TUNABLES="x",PATH="/usr/bin:/bin",NAME="a b"
lock=redis://:{SECRET}@127.0.0.1:{redis_server}/key
[program:p]
command=sleep 1000
""", pid1=True).ready()
    variables = dict(line.split("=", 1) for line in (out / "env").read_text().splitlines())
    assert variables["NAME"] == "a b" and variables["GLIBC_TUNABLES"] == "x"
    assert not [name for name in variables if name.startswith(("ENTRYPOINT_LOCK", "ENTRYPOINT_COMMAND", "@"))]
    assert SECRET not in (out / "env").read_text()
    status = dict(line.split(":", 1) for line in (out / "status").read_text().splitlines())
    assert status["Uid"].split() == status["Gid"].split() == ["33"] * 4
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert (out / "pwd").read_text() == f"{place}\n" and (out / "umask").read_text() == "0027\n"
    assert (out / "groups").read_text() == subprocess.run(
        ["id", "-G", "www-data"], capture_output=True, text=True).stdout
    assert one.stop() == 0


def test_a_hook_with_a_lease_is_not_where_its_user_may_not_be(supervise, redis_server, public):
    place = public.path / "place"
    place.mkdir(mode=0o700)
    one = supervise(f"[hook:h]\ncommand=/bin/true\nuser=www-data\ndirectory={place}\n"
                    f"lock=redis://127.0.0.1:{redis_server}/key\n[program:p]\ncommand=sleep 1000\n", pid1=True)
    assert one.wait(60) != 0
    assert "Permission denied" in one.said() or "permission denied" in one.said()


@pytest.fixture
def processes_of_news():
    """More than RLIMIT_NPROC admits to a hook of this user, which has no process in other tests."""
    started = [subprocess.Popen(["setpriv", "--reuid=news", "--clear-groups", "sleep", "1000"]) for _ in range(10)]
    for process in started:
        wait_until(lambda: process_status(process.pid)["Name"] == "sleep", what="the processes")
    yield started
    for process in started:
        process.kill()
        process.wait()


def hook_of_news(supervise, port, more=""):
    return supervise(f"[hook:h]\ncommand=/bin/true\nuser=news\nlock=redis://127.0.0.1:{port}/key\n{more}\n"
                     "[program:p]\ncommand=sleep 1000\n", wrapper=["prlimit", "--nproc=5"])


def test_a_shortage_of_processes_delays_a_hook_with_a_lease(supervise, redis_server, processes_of_news):
    """Of root's children only the one that has become the user fails, with EAGAIN of execve(2)."""
    one = hook_of_news(supervise, redis_server)
    for seconds in 1, 2:
        wait_until(lambda: f"trying again in {seconds} s\n" in one.said(), what="an attempt")
    for process in processes_of_news:
        process.kill()
        process.wait()
    one.ready()
    assert one.stop() == 0


def test_a_hook_with_a_lease_that_waits_for_processes_can_be_stopped(supervise, redis_server, processes_of_news):
    one = hook_of_news(supervise, redis_server)
    wait_until(lambda: "trying again in 3 s\n" in one.said(), what="an attempt")
    one.send(signal.SIGTERM)
    one.wait(20)
    assert "trying again in 4 s" not in one.said() and "SIGKILL" not in one.said()


def test_a_limit_of_its_own_fails_a_hook_with_a_lease(supervise, redis_server, processes_of_news):
    one = hook_of_news(supervise, redis_server, "rlimit_nproc=5")
    assert one.wait(20) != 0
    assert "trying again" not in one.said()


@pytest.fixture
def redis_server():
    """A port at which every command of a lease succeeds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            while True:
                try:
                    client = server.accept()[0]
                except OSError:
                    return
                with client:
                    while command := client.recv(65536):
                        if b"AUTH" in command:
                            client.sendall(b"+OK\r\n")
                        if b"EVAL" in command:
                            client.sendall(b":1\r\n")
                        elif b"SET" in command:
                            client.sendall(b"+OK\r\n")
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]


def test_root_programs_still_write_to_the_container_s_output(supervise):
    """PID 1 itself may be inspected by its own user: images write to /proc/1/fd/1 from cron jobs."""
    one = supervise("[program:p]\ncommand=/bin/sh -c 'echo from a job > /proc/1/fd/1; sleep 1000'\n",
                    wrapper=["sh", "-c", "exec setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "
                             'unshare --pid --fork --mount-proc --kill-child "$0" "$@"'])
    wait_until(lambda: "from a job" in one.said(), what="the line")


def test_a_binary_that_only_root_may_execute(supervise, tmp_path, monkeypatch):
    binary = tmp_path / "entrypoint"
    shutil.copy(supervised.BINARY, binary)
    binary.chmod(0o700)
    monkeypatch.setattr(supervised, "BINARY", str(binary))
    one = every_role(supervise)
    assert "INFO roles run as uid 0: other users may not execute /proc/self/exe" in one.said()
    status = process_status(role_of(one, "gateway"))
    assert status["Uid"].split()[0] == "0" and int(status["CapEff"], 16) == 0


def test_a_limit_of_processes_that_leaves_no_room_for_a_role(supervise):
    """The kernel counts the processes of a uid across all containers of a host."""
    text = "[inet_http_server]\nport=127.0.0.1:%s\nusername=u\npassword=p\n[program:p]\ncommand=sleep 1000\n"
    other = supervise(text % free_port(), pid1=True).ready()
    wait_until(lambda: process_status(role_of(other, "gateway"))["Seccomp"] == "2", what="another gateway")
    one = supervise(text % free_port(), supervisord="minprocs=0", wrapper=["prlimit", "--nproc=0:0"]).ready()
    wait_until(lambda: "WARN roles run as uid 0: none could be started" in one.said(), what="the line")
    gateway = wait_until(lambda: role_of(one, "gateway"), what="a gateway")
    wait_until(lambda: process_status(gateway)["Seccomp"] == "2", what="a filter")
    assert process_status(gateway)["Uid"].split()[0] == "0" and int(process_status(gateway)["CapEff"], 16) == 0
