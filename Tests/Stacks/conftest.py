import pathlib
import shutil
import sys
import tempfile

import pytest

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "EndToEnd")]


@pytest.fixture
def boot(request):
    """Starts the module's Stack, as often as asked, and leaves nothing behind."""
    started = []

    # Not below pytest's own directory, which other users may not enter.
    def start(**options):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="entrypoint-stack-", dir="/tmp"))
        directory.chmod(0o755)
        stack = request.module.Stack(directory, **options)
        started.append(stack)
        return stack.start()

    yield start
    for stack in started:
        stack.kill()
        print(f"--- {stack.directory}\n{stack.said()[-6000:]}")
        shutil.rmtree(stack.directory, ignore_errors=True)
