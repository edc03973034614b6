import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from fixtures import gateway, supervise  # noqa: E402, F401
