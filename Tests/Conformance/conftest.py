"""Fixtures of the conformance tests: the real supervisor 4.3.0 beside the built binary."""

import os
import pathlib
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "EndToEnd"))
pytest.register_assert_rewrite("pairs")
from daemons import Daemon, FakeServer  # noqa: E402
from gateway_bench import Gateway  # noqa: E402
from pairs import Pair, Side  # noqa: E402
from peers import Peer, Peers  # noqa: E402
from real_supervisor import real as real_program  # noqa: E402
from supervised import BINARY  # noqa: E402
from tools import ForkedTool, Tool  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "difference(what): shows that row of the README's \"Where it differs from supervisord\"")


@pytest.fixture(scope="session")
def real():
    """The path of one of the real programs, by its name."""
    return real_program


@pytest.fixture(scope="session")
def links(tmp_path_factory):
    """A directory with the names under which the binary is supervisor's."""
    directory = tmp_path_factory.mktemp("bin")
    for name in ("supervisorctl", "supervisord"):
        (directory / name).symlink_to(BINARY)
    return directory


@pytest.fixture(scope="session")
def theirs(real):
    tool = ForkedTool(real("supervisorctl"), real("python"))
    yield tool
    tool.close()


@pytest.fixture(scope="session")
def ours(links):
    return Tool(links / "supervisorctl")


@pytest.fixture
def daemon(real, tmp_path):
    """Starts real daemons on a configuration, and leaves none behind."""
    started = []

    def start(programs="", **options):
        directory = tmp_path / f"d{len(started)}"
        directory.mkdir()
        one = Daemon(real("supervisord"), directory, programs, **options)
        started.append(one)
        return one.start()

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def twins(daemon):
    """Two daemons alike: what one tool does to the first, the other does to the second."""

    def start(programs="", **options):
        return daemon(programs, **options), daemon(programs, **options)

    return start


@pytest.fixture(scope="module")
def open_path():
    """A directory that programs of other users reach: pytest closes its own to them."""
    with tempfile.TemporaryDirectory(prefix="conformance") as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


@pytest.fixture(scope="module")
def pair(real, links):
    """Both supervisords on one configuration, each in a directory of its own; not started yet."""
    made, places = [], []

    def make(programs="", *, supervisord="", **options):
        places.append(tempfile.TemporaryDirectory(prefix="pair"))
        directory = pathlib.Path(places[-1].name)
        directory.chmod(0o755)
        sides = []
        for name, program in (("theirs", real("supervisord")), ("ours", links / "supervisord")):
            (directory / name).mkdir(mode=0o755)
            head = f"control=%DIR%/control.sock\n{supervisord}"
            sides.append(Side(program, directory / name, programs, supervisord=head, **options))
        made.append(Pair(*sides))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def peers(real, links, tmp_path):
    """The same, up and asked over their remote interface; for one test."""
    started = []

    def start(programs="", **options):
        for name, program in (("theirs", real("supervisord")), ("ours", links / "supervisord")):
            directory = tmp_path / f"{name}{len(started)}"
            directory.mkdir()
            head = f"control={directory}/control.sock"
            started.append(Peer(program, directory, programs, supervisord=head, **options))
            started[-1].start()
        return Peers(*started[-2:])

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def gateways(tmp_path):
    """Two gateways of our own with a PID 1 of the test's, alike; none is left behind."""
    started = []

    def start(**options):
        for name in ("first", "second"):
            directory = tmp_path / name
            directory.mkdir()
            started.append(Gateway(directory, **options))
        return started

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def fake():
    """A server that answers whatever a test wants."""
    server = FakeServer()
    yield server
    server.close()
