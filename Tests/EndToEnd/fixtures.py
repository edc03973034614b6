"""The fixtures that start the binary, shared by the suites that run it on real processes."""

import pytest

from gateway_bench import Gateway
from supervised import Supervised


@pytest.fixture
def supervise(tmp_path):
    """Starts supervisors, ends them after the test, and prints the output of each when it fails."""
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
    """Starts gateways whose PID 1 is the test itself, and ends them after the test."""
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
