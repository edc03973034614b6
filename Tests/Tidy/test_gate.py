"""The gate can fail: on a skipped test that is not listed, on a stage without tests, on a hang."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
HEAD = "test\treason\twhy the gate may pass without it\n"
SKIPPING = "import pytest\ndef test_a():\n    pytest.skip('there is no moon')\ndef test_b():\n    pass\n"
ALL_SKIPPED = "import pytest\npytestmark = pytest.mark.skipif(True, reason='there is no moon')\n" \
              "def test_a():\n    pass\n"
LISTED = HEAD + "Some/test_some.py::*\tthere is no *\tmoons are rare\n"


@pytest.fixture
def suite(tmp_path):
    """Runs a test file in a copy of what the suites share, and returns exit code and output."""
    def run(text, table, *, gate="1", options=()):
        for name in ("conftest.py", "skips.py", "pytest.ini", "swift-tests"):
            shutil.copy(TESTS / name, tmp_path / name)
        (tmp_path / "skips.tsv").write_text(table)
        (tmp_path / "Some").mkdir(exist_ok=True)
        (tmp_path / "Some/test_some.py").write_text(text)
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *options, str(tmp_path / "Some")],
                              env={**os.environ, "ENTRYPOINT_GATE": gate}, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr
    return run


def test_each_row_of_the_table_has_a_reason():
    for line in (TESTS / "skips.tsv").read_text().splitlines():
        cells = line.split("\t")
        assert len(cells) == 3 and all(cells), line


@pytest.mark.parametrize("table, gate, code", [(HEAD, "1", 1), (LISTED, "1", 0), (HEAD, "0", 0)])
def test_an_unlisted_skip_fails_the_gate_alone(suite, table, gate, code):
    status, said = suite(SKIPPING, table, gate=gate)
    assert status == code, said
    assert "1 passed, 1 skipped" in said
    assert ("FAILED: skipped without a row" in said) == (code == 1)


def test_a_stage_in_which_no_test_ran_fails(suite):
    status, said = suite("", LISTED)
    assert status != 0 and "no test was executed" in said


def test_a_stage_may_be_skipped_for_a_listed_reason(suite):
    assert suite(ALL_SKIPPED, LISTED)[0] == 0
    status, said = suite(ALL_SKIPPED, HEAD)
    assert status == 1 and "FAILED: skipped without a row" in said


def test_a_test_that_hangs_fails(suite):
    status, said = suite("def test_a():\n    while True:\n        pass\n", HEAD, options=["--timeout", "1"])
    assert status == 1 and "Timeout >1.0s" in said


def test_a_requirement_is_told(suite):
    text = "import pytest\n@pytest.mark.needs('no-such-program')\ndef test_a():\n    pass\n"
    status, said = suite(text, HEAD)
    assert status == 1 and "not installed: no-such-program" in said


FAKE_SWIFT = r"""#!/bin/sh
for word; do case $word in --event-stream-output-path=*) events=${word#*=};; esac; done
say() { printf '{"kind":"event","payload":{"kind":"%s","testID":"%s"}}\n' "$1" "$2" >> "$events"; }
"""
ONE_TEST = 'say testStarted "T.S/a()/x"; say testEnded "T.S/a()/x"\n'


@pytest.fixture
def swift(tmp_path):
    """Runs Tests/swift-tests with a script in place of the toolchain."""
    def run(events, table=HEAD):
        for name in ("skips.py", "swift-tests"):
            shutil.copy(TESTS / name, tmp_path / name)
        (tmp_path / "skips.tsv").write_text(table)
        (tmp_path / "swift").write_text(FAKE_SWIFT + events)
        (tmp_path / "swift").chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        done = subprocess.run([str(tmp_path / "swift-tests"), "1"], capture_output=True, text=True,
                              env={**os.environ, "ENTRYPOINT_GATE": "1", "PATH": path})
        return done.returncode, done.stdout + done.stderr
    return run


def test_swift_tests_that_end_are_counted(swift):
    assert swift(ONE_TEST) == (0, "\n1 Swift tests executed, 0 skipped\n")


def test_a_swift_test_that_hangs_is_ended_and_named(swift):
    status, said = swift(ONE_TEST + 'say testStarted "T.S/b()/x"\nexec sleep 1000\n')
    assert status == 1 and "took longer than 1 s, and the run was ended: T.S/b()/x" in said


def test_an_unlisted_skip_of_a_swift_test_fails(swift):
    events = ONE_TEST + 'say testSkipped "T.S/b()/x"\n'
    status, said = swift(events)
    assert status == 1 and "skipped without a row in Tests/skips.tsv: T.S/b()/x" in said
    assert swift(events, HEAD + "T.S/*\t*\tbecause\n")[0] == 0


def test_a_run_without_swift_tests_fails(swift):
    status, said = swift("")
    assert status == 1 and "no test was executed" in said
