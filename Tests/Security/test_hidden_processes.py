"""/proc hides the processes of other users from the roles: hidepid= and gid= of proc(5)."""

import sys

import pytest

from supervised import process_status, role_of, wait_until

# Its child, which it names as its main process, is the one that ends it.
PARENT = """
import os, signal, socket
child = os.fork()
if child:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect(os.environ["NOTIFY_SOCKET"])
        notify.send(b"READY=1\\nMAINPID=%d" % child)
signal.pause()
"""
WARNING = "/proc hides the processes of other users from the roles (hidepid), or is not mounted: memory_limit has no " \
    "effect, and MAINPID= is refused; mount /proc without hidepid, or, outside user namespaces, with hidepid=2,gid=N " \
    "for a group N that no program has"


def with_proc(options, wrapper=""):
    """What starts PID 1 with such a /proc."""
    script = f'mount -t proc -o {options} proc /proc && exec {wrapper} "$@"'
    return ["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", "-c", script, "sh"]


def hiding(supervise, public, options):
    return supervise(f"""
[program:large]
command={sys.executable} -c "import signal; kept = bytearray(200 << 20); signal.pause()"
user=www-data
memory_limit=50MB
startsecs=0
[program:parent]
command={public.script("parent.py", PARENT)}
user=www-data
ready=notify
""", wrapper=with_proc(options)).ready()


def test_roles_that_see_no_other_processes_are_reported_once(supervise, public):
    one = hiding(supervise, public, "hidepid=2")
    wait_until(lambda: "notification refused: MAINPID=" in one.said(), what="the refusal")
    wait_until(lambda: WARNING in one.said(), what="the warning")
    assert one.stop() == 0
    assert one.said().count(WARNING) == 1


def test_roles_belong_to_the_group_that_sees_all_processes(supervise, public):
    one = hiding(supervise, public, "hidepid=2,gid=4242")
    wait_until(lambda: "restarting large: " in one.said(), what="the restart for its memory")
    wait_until(lambda: any(line.get("event") == "main process" for line in one.journal()), what="the main process")
    groups = {name: process_status(role_of(one, name))["Groups"] for name in ("meter", "notify", "logger")}
    assert groups == {"meter": "4242", "notify": "4242", "logger": ""}
    assert one.stop() == 0
    assert WARNING not in one.said() and "refused" not in one.said()


@pytest.mark.needs("strace")
def test_a_role_that_cannot_join_the_group_belongs_to_no_group_of_root(supervise):
    """The first setgroups(2) of each process fails."""
    inject = "strace -D -f -qq -o /dev/null -e trace=setgroups -e inject=setgroups:error=ENOMEM:when=1"
    one = supervise("[program:p]\ncommand=sleep 1000\nmemory_limit=1GB\n",
                    wrapper=with_proc("hidepid=2,gid=4242", f"setpriv --groups=0,4243 {inject}")).ready()
    meter = wait_until(lambda: role_of(one, "meter"), what="the meter")
    assert process_status(meter)["Groups"] == ""
    assert "4243" in process_status(one.pid)["Groups"]
    assert one.stop() == 0
