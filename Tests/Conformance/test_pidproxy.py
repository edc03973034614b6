"""Which process pidproxy signals, compared with the real one."""

import signal
import subprocess

import pytest

from supervised import BINARY, wait_until


@pytest.mark.difference("the process that the pid file of `pidproxy` names")
@pytest.mark.parametrize("is_real", [True, False])
def test_a_process_that_the_command_has_not_started(real, tmp_path, is_real):
    binary = real("pidproxy") if is_real else tmp_path / "pidproxy"
    if not is_real:
        binary.symlink_to(BINARY)
    output, pidfile = tmp_path / "output", tmp_path / "pid"
    with subprocess.Popen(["sleep", "1000"]) as other, open(output, "wb") as log:
        pidfile.write_text(f"{other.pid}\n")
        # The command ends with its input.
        with subprocess.Popen([binary, pidfile, "/bin/sh", "-c", "echo started; read -r line"],
                              stdin=subprocess.PIPE, stdout=log, stderr=log) as proxy:
            try:
                wait_until(lambda: "started" in output.read_text(), what="the command")
                proxy.send_signal(signal.SIGHUP)
                if is_real:
                    assert other.wait(20) == -signal.SIGHUP
                else:
                    wait_until(lambda: f"has not started pid {other.pid}\n" in output.read_text(), what="a refusal")
                    assert other.poll() is None
            finally:
                other.kill()
