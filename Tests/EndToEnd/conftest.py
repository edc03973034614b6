import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from gateway_bench import Gateway  # noqa: E402
from supervised import Supervised  # noqa: E402


@pytest.fixture
def supervise(tmp_path):
    """Starts supervisors, and leaves none behind. On failure shows what each has said."""
    started = []

    def start(configuration="", **options):
        directory = tmp_path / f"s{len(started)}"
        directory.mkdir()
        directory.chmod(0o755)
        one = Supervised(directory, configuration, **options).start()
        started.append(one)
        return one

    tmp_path.chmod(0o755)
    yield start
    for one in started:
        one.kill()
        if one.said():
            print(f"--- {one.path}\n{one.said()[-6000:]}")


@pytest.fixture
def gateway(tmp_path):
    """Starts gateways with a PID 1 of the test's own, and leaves none behind."""
    started = []

    def start(**options):
        directory = tmp_path / f"g{len(started)}"
        directory.mkdir()
        started.append(Gateway(directory, **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()
        assert one.process.returncode == 0, "the gateway ended badly"
