import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
from fixtures import gateway, supervise  # noqa: E402, F401


class Public:
    """A directory that every user may enter, for the scripts of attackers."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
        self.path.chmod(0o755)

    def script(self, name, text):
        path = self.path / name
        path.write_text("#!/usr/bin/python3\n" + text)
        path.chmod(0o755)
        return path


@pytest.fixture
def public():
    directory = Public()
    yield directory
    shutil.rmtree(directory.path)
