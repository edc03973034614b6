"""The command line: supervisorctl's words and exit codes where it has them, and what it lacks."""

import json
import re
import select
import signal
import subprocess

import pytest

from supervised import BINARY, ROOT, wait_until

TWO = """
[program:web]
command=sleep 1000
[program:worker]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=2
"""


def test_status_has_supervisorctl_s_columns(supervise):
    one = supervise(TWO).ready()
    code, text = one.client("status")
    assert code == 0
    lines = text.splitlines()
    assert [line[:33] for line in lines] == [
        name.ljust(33) for name in ["web", "worker:worker_00", "worker:worker_01"]]
    assert all(line[33:43] == "RUNNING   " for line in lines)
    pid = one.status()["web"]["pid"]
    assert lines[0][43:].startswith(f"pid {pid}, uptime 0:00:0")


@pytest.mark.parametrize("words, code, text", [
    (["status", "web"], 0, None),
    (["status", "nobody"], 4, "nobody: ERROR (no such process)\n"),
    (["status", "nobody:*"], 4, "nobody: ERROR (no such group)\n"),
    (["start", "web"], 0, "web: ERROR (already started)\n"),
    (["start", "nobody"], 1, "nobody: ERROR (no such process)\n"),
    (["start", "nobody:*"], 2, "nobody: ERROR (no such group)\n"),
    (["start", "worker"], 1, "worker: ERROR (no such process)\n"),
    (["stop", "nobody"], 1, "nobody: ERROR (no such process)\n"),
    (["signal", "FOO", "web"], 1, "web: ERROR (bad signal name)\n"),
    (["signal", "USR1", "nobody"], 1, "nobody: ERROR (no such process)\n"),
    (["signal", "CONT", "web"], 0, "web: signalled\n"),
    (["pid", "nobody"], 1, "No such process nobody\n"),
    (["tail", "nobody"], 1, "nobody: ERROR (no such process name)\n"),
    (["tail", "web"], 1, "web: ERROR (no log file)\n"),
    (["tail", "web", "stdin"], 1, "Error: bad channel 'stdin'\n"),
    (["version"], 0, None),
])
def test_words_and_codes(supervise, words, code, text):
    one = supervise(TWO).ready()
    got = one.client(*words)
    assert got[0] == code, got
    assert text is None or got[1] == text


def test_stop_start_restart_and_signal(supervise):
    one = supervise(TWO).ready()
    assert one.client("stop", "web") == (0, "web: stopped\n")
    assert one.client("stop", "web") == (0, "web: ERROR (not running)\n")
    assert one.client("signal", "TERM", "web") == (7, "web: ERROR (not running)\n")
    assert one.client("pid", "web") == (7, "0\n")
    assert one.client("status")[0] == 3
    assert one.client("start", "web") == (0, "web: started\n")
    before = {name: row["pid"] for name, row in one.status().items()}
    code, text = one.client("restart", "worker:*")
    assert code == 0
    assert sorted(text.splitlines()[:2]) == ["worker:worker_00: stopped", "worker:worker_01: stopped"]
    assert sorted(text.splitlines()[2:]) == ["worker:worker_00: started", "worker:worker_01: started"]
    after = {name: row["pid"] for name, row in one.status().items()}
    assert after["web"] == before["web"] and after["worker:worker_00"] != before["worker:worker_00"]
    assert one.client("shutdown") == (0, "Shut down\n")
    assert one.wait() == 0


def test_a_start_that_is_held_up_says_by_what(supervise):
    one = supervise("""
[program:db]
command=sh -c 'test -e %DIR%/up && exec sleep 1000'
startretries=0
autostart=false
[program:web]
command=sleep 1000
depends_on=db
autostart=false
""").ready()
    for words in [["start", "web"], ["restart", "--rolling", "web"]]:
        assert one.client(*words) == (7, "web: ERROR (waiting for db)\n")
    (one.directory / "up").touch()
    # It has gone on waiting.
    assert one.client("start", "db") == (0, "db: started\n")
    one.until("web", "RUNNING")


@pytest.mark.parametrize("words, code", [(["status"], 4), (["start", "x"], 7), (["pid"], 7),
                                         (["shutdown"], 7), (["timeline"], 7)])
def test_nobody_answers(tmp_path, words, code):
    done = subprocess.run([BINARY, "-s", f"{tmp_path}/none", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, f"unix://{tmp_path}/none no such file\n")


def test_json_is_json(supervise):
    one = supervise(TWO).ready()
    for words in [["status", "--json"], ["status", "--all", "--json"], ["timeline", "--json"],
                  ["healthcheck", "--json"], ["check", "--json", "-c", str(one.path)],
                  ["config", "--json", "-c", str(one.path)]]:
        code, text = one.client(*words)
        assert code == 0, text
        assert json.loads(text) is not None
    assert one.client("timeline", "--svg")[1].startswith("<svg ")
    assert one.client("graph", "--svg", "-c", str(one.path))[1].startswith("<svg ")


def test_health_is_what_docker_wants(supervise):
    one = supervise("[program:p]\ncommand=sh -c 'exit 1'\nstartretries=0\n[program:q]\ncommand=sleep 1000\n")
    one.until("p", "FATAL")
    one.until("q", "RUNNING")
    code, text = one.client("healthcheck")
    assert code == 1
    assert text == "✗ p FATAL: Exited too quickly (process log may have details)\n✓ q RUNNING\n"
    code, text = one.client("ready", "--timeout", "5s")
    assert (code, text) == (1, "not ready: p is FATAL\n")


def test_events_follow_the_journal(supervise):
    one = supervise(TWO).ready()
    with subprocess.Popen([BINARY, "-s", one.socket, "events", "--json"], stdout=subprocess.PIPE,
                          text=True) as follower:
        # It may not follow yet when the first is over.
        wait_until(lambda: one.client("restart", "web")[0] == 0
                   and select.select([follower.stdout], [], [], 0.5)[0], 30, "an event")
        # The first line may be the request, which names no process of its own.
        line = next(line for line in map(json.loads, follower.stdout) if "name" in line)
        assert line["name"] == "web"
        follower.send_signal(signal.SIGTERM)


def test_tail_follows_over_rotation(supervise):
    one = supervise("""
[program:p]
command=sh -c 'i=0; while :; do echo line $i; i=$((i+1)); sleep 0.01; done'
stdout_logfile=%DIR%/p.log
stdout_logfile_maxbytes=200
""").ready()
    with subprocess.Popen([BINARY, "-s", one.socket, "tail", "-f", "p"], stdout=subprocess.PIPE,
                          text=True) as follower:
        assert follower.stdout.readline() == "==> Press Ctrl-C to exit <==\n"
        numbers = [int(follower.stdout.readline().split()[-1]) for _ in range(100)]
        follower.send_signal(signal.SIGTERM)
    assert numbers == sorted(numbers)
    assert numbers[-1] - numbers[0] >= 90


@pytest.mark.parametrize("order, code, text", [
    ("database < migrate < web", 0, "smoke: ready, in order, and stopped cleanly"),
    ("web < migrate", 1, "smoke: migrate began at"),
    ("web < nobody", 1, "smoke: there is no unit nobody"),
])
def test_smoke_checks_the_order(tmp_path, order, code, text):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n[wait:database]\ncommand=true\n[hook:migrate]\ncommand=true\n"
                    "[program:web]\ncommand=sleep 1000\nstartsecs=0\n")
    done = subprocess.run([BINARY, "smoke", "-c", path, "--expect", order], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    assert text in done.stdout + done.stderr


def test_smoke_says_what_broke(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n[hook:migrate]\ncommand=sh -c 'echo no table; exit 23'\n")
    done = subprocess.run([BINARY, "smoke", "-c", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 23
    assert "no table" in done.stderr and "migrate failed: exit status 23" in done.stderr


def keys(*words):
    done = subprocess.run([BINARY, "keys", *words], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_keys_says_what_may_stand_where():
    code, text = keys("restart_jitter", "template")
    rows = [line.split()[0] for line in text.splitlines()]
    assert (code, rows) == (0, ["depends_on", "after", "enabled", "description", "priority", "restart_jitter",
                                "owner", "mode", "source", "destination"])
    assert re.search(r"^restart_jitter +programs +0 +spreads it", text, re.MULTILINE)
    assert keys("retires") == (1, "retires: ERROR (no such key or section; did you mean retries?)\n")
    assert keys("--yaml") == (2, "Error: keys does not know --yaml\nFor help, use entrypoint -h\n")
    # The README's reference is what the binary says.
    assert keys("--markdown")[1] in (ROOT / "README.md").read_text()


def test_graph_and_config_and_help(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n[program:a]\ncommand=x\n[program:b]\ncommand=y\n"
                    "depends_on=a\npreset=nginx\n[supervisorctl]\npassword=hidden\n")

    def output(*words):
        return subprocess.run([BINARY, *words, "-c", path], capture_output=True, text=True).stdout

    assert output("graph") == ("1.  a                        program   \n"
                               "2.  b                        program   after a\n")
    assert "n0 --> n1" in output("graph", "--mermaid")
    assert "n0 -> n1;" in output("graph", "--dot")
    config = output("config")
    assert "hidden" not in config and "password=***" in config
    assert any(line.startswith("stopsignal=QUIT") and line.endswith("; preset nginx")
               for line in config.splitlines())
    assert any(line.startswith("command=x") and line.endswith("e.conf:3") for line in config.splitlines())
    assert subprocess.run([BINARY, "help"], capture_output=True, text=True).stdout.startswith("entrypoint:")
