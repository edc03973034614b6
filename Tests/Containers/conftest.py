"""Fixtures of the container tests: an engine, the image of the binary, and containers that are removed."""

import pathlib
import shutil
import sys

import pytest

for folder in (".", "../Stacks", "../EndToEnd"):
    sys.path.insert(0, str(pathlib.Path(__file__).parent / folder))
from containers import BINARY, ROOT, Engine, Unavailable, last_stage  # noqa: E402

SCRATCH = "localhost/entrypoint"


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    try:
        engine = Engine()
    except Unavailable as reason:
        pytest.skip(str(reason))
    try:
        engine.base()
        scratch_image(engine, tmp_path_factory.mktemp("scratch"))
        yield engine
    except Unavailable as reason:
        pytest.skip(str(reason))
    finally:
        engine.close()


def scratch_image(engine, directory):
    """The last stage of docker/Dockerfile, with the binary built here in the build stage's place."""
    built = directory / "built"
    built.mkdir()
    shutil.copy(BINARY, built / "entrypoint")
    (directory / "Dockerfile").write_text(last_stage(ROOT / "docker/Dockerfile"))
    engine.build(SCRATCH, directory / "Dockerfile", directory, f"--build-context=build={built}")


@pytest.fixture
def boot(engine):
    """Starts a container of an image; shows on failure what each has said."""
    started = []

    def start(image, *command, options=()):
        started.append(engine.run(image, *command, options=options))
        return started[-1]

    yield start
    for container in started:
        print(f"--- {container.name}\n{container.said()}")
        container.remove()
