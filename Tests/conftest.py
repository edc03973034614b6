"""What all suites share: requirements of tests, and the rule that no test is skipped unnoticed.

A skipped test proves nothing. With ENTRYPOINT_GATE=1, which `make test` sets, each skip must match a
row of Tests/skips.tsv, which gives the reason; any other skip fails the run, as does a run in which
no test was executed and none was skipped for such a reason.
"""

import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import skips  # noqa: E402

IS_GATE = os.environ.get("ENTRYPOINT_GATE") == "1"


def pytest_runtest_setup(item):
    if item.get_closest_marker("needs_root") and os.geteuid() != 0:
        pytest.skip("needs root")
    for marker in item.iter_markers("needs"):
        missing = [name for name in marker.args if not shutil.which(name)]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")


class Skips:
    """Collects the skipped tests in the process that writes the summary."""

    def __init__(self):
        self.unlisted, self.listed, self.executed = [], 0, 0

    def add(self, name, reason):
        if skips.is_listed(name, reason):
            self.listed += 1
        else:
            self.unlisted.append(f"{name}: {reason}")


found = Skips()


def pytest_runtest_logreport(report):
    if report.skipped:
        found.add(report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
    elif report.when == "call":
        found.executed += 1


def pytest_collectreport(report):
    if report.skipped:  # The whole file.
        found.add(report.nodeid, report.longrepr[2].removeprefix("Skipped: "))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Fails a run with unlisted skips. Under pytest-xdist the controller alone decides."""
    if hasattr(session.config, "workerinput") or not IS_GATE or session.exitstatus != 0:
        return
    if found.unlisted or not (found.executed or found.listed):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    for one in found.unlisted:
        verdict = "FAILED: skipped without a row in Tests/skips.tsv" if IS_GATE else "skipped"
        terminalreporter.write_line(f"{verdict}: {one}")
    if IS_GATE and not (found.executed or found.listed):
        terminalreporter.write_line("FAILED: no test was executed")
