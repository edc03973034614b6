"""What becomes of a start while the container has no process left."""

import os
import subprocess

import pytest

from supervised import wait_until

# Python runs it before everything else: each fork(2) fails as it does where all processes are used up.
FAILING_FORK = """
import errno, os
def fork():
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
os.fork = fork
"""


@pytest.mark.difference("a start for which no process is left (fork(2) fails with EAGAIN)")
def test_a_failed_fork_counts_in_the_real_one(real, tmp_path):
    """That ours does not count it is shown by Tests/Security/test_shortage.py."""
    (tmp_path / "sitecustomize.py").write_text(FAILING_FORK)
    configuration = tmp_path / "supervisord.conf"
    configuration.write_text(
        f"[supervisord]\nnodaemon=true\nuser=root\npidfile={tmp_path}/pid\nlogfile={tmp_path}/main.log\n"
        "[program:good]\ncommand=sleep 1000\nstartretries=1\n")
    process = subprocess.Popen(
        [real("supervisord"), "-n", "-c", str(configuration)], env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        log = tmp_path / "main.log"
        wait_until(lambda: log.exists() and "gave up: good entered FATAL state" in log.read_text(),
                   what="a program that is FATAL")
        assert log.read_text().count("Too many processes in process table to spawn 'good'") == 2
    finally:
        process.kill()
        process.wait()
