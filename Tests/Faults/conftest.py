import os
import pathlib
import platform
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
from injected import build  # noqa: E402


@pytest.fixture(scope="session")
def tracer(tmp_path_factory):
    """The path of the compiled tracer, which knows the registers of one processor."""
    if platform.machine() != "x86_64":
        pytest.skip("the tracer is written for x86-64")
    if os.geteuid() != 0:
        pytest.skip("needs root")
    return build(tmp_path_factory.mktemp("tracer"))


@pytest.fixture
def directory():
    """Short, since it holds sockets, and removed afterwards."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, text in report.user_properties:
            if name == "faults":
                terminalreporter.write_line(text)
