"""Runs one of supervisor's own end-to-end tests with both commands replaced by ours.

`python their_tests.py DIRECTORY TEST`, with the Python that has supervisor 4.3.0 and pexpect. The test
file itself is not changed: where it starts `python -m supervisor.supervisord`, the program of that name
in DIRECTORY is started.
"""

import os
import signal
import sys
import unittest

os.environ["END_TO_END"] = "1"
import pexpect  # noqa: E402

DIRECTORY, TEST = sys.argv[1:3]
# Of its own time limits, which are for a machine that does nothing else.
PATIENCE = 4
COMMANDS = ("supervisord", "supervisorctl")
started = []


class Replaced(pexpect.spawn):
    def __init__(self, command, args=(), timeout=30, **options):
        command, args = replaced(command, list(args))
        super().__init__(command, args, timeout=timeout * PATIENCE, **options)
        started.append(self)

    def expect_list(self, patterns, timeout=-1, *more, **options):
        return super().expect_list(patterns, patient(timeout), *more, **options)

    def expect_exact(self, patterns, timeout=-1, *more, **options):
        return super().expect_exact(patterns, patient(timeout), *more, **options)


def patient(timeout):
    return timeout * PATIENCE if timeout and timeout > 0 else timeout


def replaced(command, args):
    for name in COMMANDS:
        if command == sys.executable and args[:2] == ["-m", f"supervisor.{name}"]:
            return os.path.join(DIRECTORY, name), args[2:]
        words = f"'{sys.executable}' -m supervisor.{name} "
        args = [word.replace(words, f"'{DIRECTORY}/{name}' ") for word in args]
    return command, args


def end(process):
    """A test sends SIGINT and does not wait; the next one may use the same socket."""
    process.timeout = 30
    try:
        process.kill(signal.SIGINT)
        process.expect(pexpect.EOF)
    except (pexpect.ExceptionPexpect, OSError):
        pass
    process.close(force=True)


pexpect.spawn = Replaced
from supervisor.tests import test_end_to_end  # noqa: E402

suite = unittest.defaultTestLoader.loadTestsFromName(f"EndToEndTests.{TEST}", test_end_to_end)
result = unittest.TextTestRunner(verbosity=2).run(suite)
for one in started:
    end(one)
sys.exit(0 if result.wasSuccessful() and result.testsRun == 1 else 1)
