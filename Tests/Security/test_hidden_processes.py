"""/proc hides the processes of other users from the roles: hidepid= and gid= of proc(5)."""

import sys

from supervised import wait_until

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


def hiding(supervise, public, options):
    script = f'mount -t proc -o {options} proc /proc && exec "$@"'
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
""", wrapper=["unshare", "--pid", "--fork", "--mount", "--kill-child", "sh", "-c", script, "sh"]).ready()


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
    assert one.stop() == 0
    assert WARNING not in one.said() and "refused" not in one.said()
