"""Foreign text in logs and on terminals: nothing in it may forge a line or steer a terminal."""

import os
import pty
import re
import select
import subprocess
import sys

from supervised import BINARY, wait_until
from test_result_handlers import listener
from test_http import LOGIN, authorization, servers  # noqa: F401

EVIL = "\\033]0;owned\\007\\033[31m\\r\\n2026-01-01 00:00:00,000 CRIT forged\\302\\233"


def clean(text):
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_a_listener_cannot_forge_a_line(supervise, public):
    script = public.path / "listener.sh"
    script.write_text(f"#!/bin/sh\nprintf 'READY\\n'\nread line\nprintf 'RESULT {EVIL}\\n'\nprintf '{EVIL}\\n'\n"
                      "exec sleep 1000\n")
    script.chmod(0o755)
    one = supervise(f"[eventlistener:bad]\nuser=www-data\ncommand={script}\nevents=TICK_5,PROCESS_STATE\n"
                    "[program:other]\ncommand=sleep 1000\nstartsecs=0\n", pid1=True)
    one.until("other", "RUNNING")
    wait_until(lambda: "owned" in one.said() or "forged" in one.said(), what="the listener's text")
    assert clean(one.said())
    assert not re.search(r"^2026-01-01", one.said(), re.MULTILINE)


def test_a_file_name_cannot_forge_a_line(supervise, public):
    """The role of `[directory]` writes to the container's log, and names files that it leaves as they are."""
    tree = public.path / "tree"
    tree.mkdir()
    os.chown(tree, 33, 33)
    attack = r"name = b'b\x1b[31m\n2026-01-01 00:00:00,000 INFO forged\xff'; " \
        "open(name, 'w').close(); os.link(name, name + b'2')"
    subprocess.run([sys.executable, "-c", f"import os; {attack}"], cwd=tree, check=True, user=33, group=33,
                   extra_groups=[])
    one = supervise(f"[directory:d]\npath={tree}\nowner=root\nrecursive=true\n"
                    "[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    assert clean(one.said())
    assert not re.search(r"^2026-01-01", one.said(), re.MULTILINE)
    assert (r"tree/b\x1b[31m\n2026-01-01 00:00:00,000 INFO forged\xff: left as it is: it has more than one name"
            in one.said())


def test_a_health_check_cannot_forge_a_line(supervise, public):
    script = public.path / "check.sh"
    script.write_text(f"#!/bin/sh\nprintf '{EVIL}'\nexit 1\n")
    script.chmod(0o755)
    one = supervise("[program:web]\nuser=www-data\ncommand=sleep 1000\nstartsecs=0\n"
                    f"health=exec:{script}\nhealth_interval=100ms\nhealth_fall=1\n"
                    "on_unhealthy=ignore\n", pid1=True)
    wait_until(lambda: "unhealthy" in one.said(), what="an unhealthy program")
    assert clean(one.said())
    code, text = one.client("status", "--all")
    assert clean(text) and not re.search(r"^2026-01-01", text, re.MULTILINE)
    assert clean(one.client("timeline", "--json")[1])


def test_a_user_name_cannot_forge_a_line(servers):  # noqa: F811
    one = servers(login=LOGIN)
    name = "admin\x1b[2J\r\n2026-01-01 CRIT forged\u009b\u202e"
    assert one.ask("/ok.html", headers=authorization(name, "x")).status == 401
    wait_until(lambda: "login failed" in one.supervisor.said(), what="a line")
    assert clean(one.supervisor.said())
    assert r'user "admin\x1b[2J\r\n2026-01-01 CRIT forged\x9b\u202e"' in one.supervisor.said()
    assert clean(one.supervisor.client("timeline", "--json")[1])


def test_a_configuration_cannot_steer_the_terminal_of_who_checks_it(tmp_path):
    path = tmp_path / "evil.conf"
    path.write_text("[supervisord]\nloglevel=\x1b]0;owned\x07\n[program:x]\ncommand=/bin/true\n\x1b[31mkey=1\n")
    done = subprocess.run([BINARY, "check", "-c", str(path)], capture_output=True, text=True)
    assert done.returncode != 0 and "owned" in done.stdout and clean(done.stdout + done.stderr)


def test_a_status_on_a_terminal_has_only_our_own_colours(supervise):
    """`STATUS=` of sd_notify(3) is text of the program's own."""
    notify = "import os,signal,socket; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); " \
             "s.connect(os.environ['NOTIFY_SOCKET'].replace('@',chr(0),1)); " \
             "s.send(b'READY=1\\nSTATUS=\\x1b]0;owned\\x07'); signal.pause()"
    one = supervise(f"[program:web]\nuser=www-data\ncommand={sys.executable} -c \"{notify}\"\nready=notify\n",
                    pid1=True)
    one.until("web", "RUNNING")
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.execv(BINARY, [BINARY, "-s", str(one.socket), "status"])
    text = b""
    while select.select([terminal], [], [], 20)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.waitpid(pid, 0)
    assert b"RUNNING" in text
    assert set(re.findall(rb"\x1b[^m]*m?", text)) <= {b"\x1b[32m", b"\x1b[0m"}


FORGERY = "2026-01-01 00:00:00,000 INFO forged\n\033[2J\nend\n"


def forger(public, directory):
    script = public.script("forger.py", f"print({FORGERY!r}, end='', flush=True)\n")
    return (f"[program:web]\ncommand={script}\nautorestart=false\nstartsecs=0\nstdout_events_enabled=true\n"
            "stdout_logfile=NONE\n" + listener(directory, "supervisor_stdout:event_handler"))


def test_a_program_cannot_forge_a_line_by_a_result_handler(supervise, public, tmp_path):
    one = supervise(forger(public, tmp_path), pid1=True).ready()
    wait_until(lambda: "web stdout | end\n" in one.said(), what="the last line")
    assert "".join(f"web stdout | {line}\n" for line in FORGERY.replace("\033", r"\x1b").splitlines()) in one.said()
    assert clean(one.said())
    assert one.stop() == 0


def test_supervisord_prints_results_as_its_plug_in_does(as_supervisord, public, tmp_path):
    said = as_supervisord(forger(public, tmp_path))
    wait_until(lambda: f"web stdout | {FORGERY}" in said(), what="the bytes of the program")
