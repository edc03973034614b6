"""`run -- COMMAND`: one command, with the terminal, the signals and the exit code passed on."""

import os
import pty
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from supervised import BINARY


def run(*words, directory, **options):
    return subprocess.run([BINARY, "-s", f"{directory}/s", *words], capture_output=True, text=True,
                          timeout=30, cwd=directory, **options)


def test_all_256_exit_codes(tmp_path):
    def code(number):
        directory = tmp_path / str(number)
        directory.mkdir()
        return run("run", "--", "sh", "-c", f"exit {number}", directory=directory).returncode

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(code, range(256))) == list(range(256))


@pytest.mark.parametrize("words, code", [
    (["run", "--", "sh", "-c", "kill -TERM $$"], 143),
    (["run", "--", "sh", "-c", "kill -KILL $$"], 137),
    (["run", "--", "/no/such"], 127),
    (["run", "--", "/etc/passwd"], 126),
    (["sh", "-c", "exit 7"], 7),
    (["tail", "-n", "1", "/dev/null"], 0),
])
def test_death_and_absence(tmp_path, words, code):
    assert run(*words, directory=tmp_path).returncode == code


def test_its_output_is_the_command_s_and_nothing_else(tmp_path):
    done = run("run", "--", "sh", "-c", "echo out; echo err >&2", directory=tmp_path)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_steps_come_first_and_programs_not_at_all(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n[hook:h]\ncommand=echo hook\n[program:p]\ncommand=echo program\n")
    done = run("-c", str(path), "run", "--", "echo", "command", directory=tmp_path)
    assert done.stdout == "hook\ncommand\n"
    done = run("-c", str(path), "run", "--no-hooks", "--", "echo", "command", directory=tmp_path)
    assert done.stdout == "command\n"


def test_signals_reach_the_command(tmp_path):
    script = "trap 'echo got USR1; exit 9' USR1; echo up; while :; do sleep 0.05; done"
    process = subprocess.Popen([BINARY, "-s", f"{tmp_path}/s", "run", "--", "sh", "-c", script],
                               stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGUSR1)
    assert process.stdout.readline() == "got USR1\n"
    assert process.wait(20) == 9


def test_the_terminal_is_the_command_s(tmp_path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execv(BINARY, [BINARY, "-s", f"{tmp_path}/s", "run", "--", "sh", "-c",
                          "trap 'echo interrupted; exit 4' INT; echo up; while :; do sleep 0.05; done"])
    seen = b""

    def read_until(text):
        nonlocal seen
        while text not in seen:
            seen += os.read(terminal, 4096)

    read_until(b"up")
    os.write(terminal, b"\x03")
    read_until(b"interrupted")
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 4


def test_hooks_of_the_service_are_not_the_commands(tmp_path):
    (tmp_path / "entrypoint.conf").write_text("[supervisord]\n" + "".join(
        f"[hook:{stage}]\ncommand=sh -c 'echo {stage}; exit {code}'\nstage={stage}\n"
        for stage, code in (("start", 0), ("ready", 3), ("stop", 9))))
    done = run("-c", str(tmp_path / "entrypoint.conf"), "--",
               "sh", "-c", "echo command; exit 5", directory=tmp_path)
    assert done.returncode == 5
    assert [line for line in done.stdout.splitlines() if line in ("start", "ready", "stop", "command")] == [
        "start", "command"]
