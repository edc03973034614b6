"""The examples as they are: each supervised in a directory of its own, and asked over HTTP."""

import contextlib
import http.client
import pathlib
import urllib.error
import urllib.request

from supervised import ROOT, Supervised

LARAVEL = ROOT / "examples/laravel-dokploy/app"


class Example(Supervised):
    """An example whose nginx listens on `port`; what it writes goes below `directory`."""

    def __init__(self, directory, name, port, environment, **options):
        self.port = port
        super().__init__(directory, "", path=ROOT / "examples" / name / "entrypoint.conf", environment={
            "RUNTIME": str(directory), "PORT": str(port), "JOURNAL": f"{directory}/journal",
            **environment}, **options)
        self.storage = pathlib.Path(self.environment["APP_STORAGE"])

    def get(self, path, timeout=20):
        """Status and body of an answer that is no error."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as reply:
            return reply.status, reply.read().decode()

    def answers(self, path="/health"):
        with contextlib.suppress(urllib.error.URLError, ConnectionError, http.client.HTTPException):
            return self.get(path)[0] == 200
        return False

    def pids(self):
        """Of everything that runs, by name."""
        return {name: row["pid"] for name, row in self.status().items() if row["pid"]}

    def restarts(self, name):
        """Seconds from each end that nobody asked for to the start after it."""
        ends, pauses = [], []
        for line in self.journal():
            if line.get("name") != name or "from" not in line:
                continue
            if line["to"] in ("exited", "backoff"):
                ends.append(line["at"])
            elif line["to"] == "starting" and line["from"] in ("exited", "backoff"):
                pauses.append(line["at"] - ends[-1])
        return pauses
