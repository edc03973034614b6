"""The two clients, run and compared: what depends on the moment is taken out of what they say."""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile

# What differs from run to run, and where Python says at which of its lines it stopped.
MOMENTS = [
    (r": file: .* line: \d+", ": file: F line: N"),
    (r"pid \d+, uptime (\d+ days?, )?\d+:\d\d:\d\d", "pid P, uptime T"),
    (r"\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "DATE"),
    (r"^\d{2,}$", "PID"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "TIME"),
    (r"with pid \d+", "with pid P"),
]


def normalised(text, *, hidden=()):
    for what, name in hidden:
        text = text.replace(str(what), name)
    for pattern, replacement in MOMENTS:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


class Tool:
    """One of the clients."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def run(self, *arguments, stdin="", cwd=None, env=None, hidden=(), timeout=30):
        """Exit code, standard output and standard error, without what depends on the moment."""
        done = subprocess.run([str(self.path), *map(str, arguments)], input=stdin.encode(), cwd=cwd,
                              env=env, capture_output=True, timeout=timeout)
        hidden = [(self.path, "supervisorctl"), *hidden]
        return (done.returncode, normalised(done.stdout.decode(), hidden=hidden),
                normalised(done.stderr.decode(), hidden=hidden))

    def start(self, *arguments):
        """The same without waiting for its end."""
        return Started([str(self.path), *map(str, arguments)])


class ForkedTool(Tool):
    """The real client, run a thousand times: see forks.py."""

    def __init__(self, path, python):
        super().__init__(path)
        self.server = subprocess.Popen(
            [str(python), str(pathlib.Path(__file__).parent / "forks.py")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def run(self, *arguments, stdin="", cwd=None, env=None, hidden=(), timeout=30):
        with tempfile.TemporaryDirectory() as directory:
            files = [os.path.join(directory, name) for name in ("in", "out", "err")]
            for path, text in zip(files, (stdin, "", "")):
                pathlib.Path(path).write_bytes(text.encode())
            job = {"argv": [str(self.path), *map(str, arguments)], "cwd": str(cwd or os.getcwd()),
                   "env": dict(env or os.environ), "files": files}
            self.server.stdin.write(json.dumps(job) + "\n")
            self.server.stdin.flush()
            if not select.select([self.server.stdout], [], [], timeout)[0]:
                raise AssertionError(f"no end of {job['argv']}")
            code = int(self.server.stdout.readline())
            hidden = [(self.path, "supervisorctl"), *hidden]
            said = [normalised(pathlib.Path(path).read_bytes().decode(), hidden=hidden)
                    for path in files[1:]]
        return (code, *said)

    def close(self):
        self.server.stdin.close()
        self.server.wait()


class Started:
    """A client that is still at work."""

    def __init__(self, command):
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT)

    def said(self):
        # The client writes where the file stands: it must not be moved.
        return os.pread(self.output.fileno(), 1 << 20, 0).decode(errors="replace")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def wait(self):
        return self.process.wait(20)
