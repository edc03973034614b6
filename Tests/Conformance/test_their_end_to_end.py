"""supervisor's own end-to-end tests, from its source, with both commands replaced by ours."""

import os
import pathlib
import subprocess

import pytest
from real_supervisor import real

# Not those about what is Python's own: pidproxy as a module, and the sample configuration's text.
TESTS = """
test_issue_291a_percent_signs_in_original_env_are_preserved test_issue_550 test_issue_565 test_issue_638
test_issue_663 test_issue_664 test_issue_733 test_issue_835 test_issue_836
test_issue_986_command_string_with_double_percent test_issue_1054 test_issue_1170a test_issue_1170b
test_issue_1170c test_issue_1224 test_issue_1231a test_issue_1231b test_issue_1231c test_issue_1251
test_issue_1298 test_issue_1483a_identifier_default test_issue_1483b_identifier_from_config_file
test_issue_1483c_identifier_from_command_line test_issue_1596_asyncore_close_does_not_crash
""".split()
LEFT_OUT = """
test_issue_1418_pidproxy_cmd_with_no_args test_issue_1418_pidproxy_cmd_with_args
test_pull_request_1578_echo_supervisord_conf
""".split()
# The distribution lacks this script, which one of its tests runs.
HELLO = 'for n in 1 2 3 4 5 6 7 8 9 10; do\n    echo "The Øresund bridge ends in Malmö - $n"\n    sleep 1\ndone\n'
RUNNER = pathlib.Path(__file__).parent / "their_tests.py"


@pytest.fixture(scope="module")
def python():
    """The interpreter with supervisor, its tests, and what they need."""
    path = pathlib.Path(real("python"))
    if subprocess.run([path, "-c", "import pexpect"], capture_output=True).returncode != 0:
        done = subprocess.run([path.parent / "pip", "install", "-q", "pexpect==4.9.0"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"pexpect cannot be installed: {done.stderr[-200:]}")
    return path


@pytest.fixture(scope="module")
def theirs(python):
    """The directory of their tests, complete."""
    where = "import supervisor.tests; print(supervisor.tests.__path__[0])"
    tests = pathlib.Path(subprocess.check_output([python, "-c", where], text=True).strip())
    hello = tests / "fixtures/hello.sh"
    if not hello.exists():
        hello.write_text(HELLO)
    return tests


def test_all_of_them_are_known(theirs):
    text = (theirs / "test_end_to_end.py").read_text()
    names = [line.split("(")[0].split()[1] for line in text.splitlines() if "def test_" in line]
    assert sorted(names) == sorted(TESTS + LEFT_OUT)


@pytest.mark.parametrize("name", TESTS)
def test_it_passes(python, theirs, links, name, tmp_path):
    environment = {**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}"}
    done = subprocess.run([python, RUNNER, links, name], env=environment, cwd=tmp_path,
                          capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
