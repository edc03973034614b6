"""What other process managers were configured with runs here, once it is imported."""

import json
import socket
import subprocess
import urllib.request

import pytest
from supervised import BINARY, wait_until


def imported(path, *words):
    """A configuration beside the file, clean by `check --strict`, and what was said."""
    done = subprocess.run([BINARY, "import", str(path), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    configuration = path.parent / "entrypoint.conf"
    configuration.write_text(done.stdout)
    checked = subprocess.run([BINARY, "check", "--strict", "-c", str(configuration)],
                             capture_output=True, text=True)
    return configuration, done.stderr, checked


@pytest.fixture
def port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_procfile_runs(supervise, tmp_path, port):
    path = tmp_path / "Procfile"
    path.write_text("""
# Everything that Heroku would start.
release: echo "v 1" > released.txt
web: test -s released.txt && python3 -m http.server $PORT --bind 127.0.0.1
worker: while true; do echo 'a ; b' "#$STAGE" > worker.txt; sleep 1000; done
""")
    (tmp_path / ".env").write_text("STAGE=test\n")
    configuration, said, checked = imported(path)
    assert (said, checked.returncode) == ("", 0), checked.stdout
    one = supervise(path=configuration, environment={"PORT": str(port)})
    one.ready()

    def fetched():
        try:
            address = f"http://127.0.0.1:{port}/released.txt"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read()
        except OSError:
            return None

    assert wait_until(fetched, what="an answer") == b"v 1\n"
    text = wait_until(lambda: (tmp_path / "worker.txt").exists()
                      and (tmp_path / "worker.txt").read_text(), what="the worker's file")
    assert text == "a ; b #test\n"
    # The shell has given its place to the server.
    with open(f"/proc/{one.status()['web']['pid']}/cmdline") as command:
        assert "\0http.server\0" in command.read()


def test_an_ecosystem_file_runs(supervise, tmp_path):
    script = tmp_path / "app.py"
    script.write_text("""
import json, os, pathlib, signal, sys, time
name = os.environ["NODE_APP_INSTANCE"]
pathlib.Path(f"app-{name}.json").write_text(json.dumps([sys.argv[1:], os.environ["A"], os.environ["PORT"]]))
print("up", name, flush=True)
def end(number, frame):
    pathlib.Path(f"end-{name}").write_text(str(number))
    sys.exit(0)
signal.signal(signal.SIGINT, end)
while True: signal.pause()
""")
    path = tmp_path / "ecosystem.config.json"
    path.write_text(json.dumps({"apps": [{
        "name": "api", "script": "app.py", "interpreter": "python3", "args": ["x y", "; #1", "50%"],
        "cwd": str(tmp_path), "instances": 2, "exec_mode": "fork", "increment_var": "PORT",
        "env": {"A": "one", "PORT": 3000}, "env_production": {"A": "it's 100% ; #2"},
        "out_file": "./logs/out.log", "merge_logs": True, "kill_timeout": 5000}]}))
    configuration, said, checked = imported(path, "--env", "production")
    # The test's directory is below /tmp, where no log should go.
    assert said == "" and "1 error, 0 warnings" in checked.stdout and "[log-file]" in checked.stdout
    one = supervise(path=configuration)
    one.ready()
    for number in range(2):
        file = tmp_path / f"app-{number}.json"
        wait_until(lambda: file.exists() and file.read_text(), what="an instance")
        assert json.loads(file.read_text()) == [
            ["x y", "; #1", "50%"], "it's 100% ; #2", f"300{number}"]
    log = tmp_path / "logs/out.log"
    wait_until(lambda: sorted(log.read_text().split("\n")) == ["", "up 0", "up 1"], what="the log")
    assert one.client("shutdown")[0] == 0
    one.process.wait(timeout=20)
    assert [(tmp_path / f"end-{number}").read_text() for number in range(2)] == ["2", "2"]


def test_what_is_left_out_is_a_comment_and_a_line_on_stderr(tmp_path):
    path = tmp_path / "ecosystem.config.json"
    path.write_text('{"name": "a", "script": "a.js", "watch": true}')
    configuration, said, checked = imported(path)
    note = "not carried over: watch; an image does not change, and for development restart it by hand"
    assert said == f"{path}: a: {note}\n"
    assert f"; {note}\n[program:a]\n" in configuration.read_text()
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name, text, words", [
    ("ecosystem.config.json", '{\n "apps": [}', ":2:11: error: expected a value"),
    ("Procfile", "web\n", ":1:1: error: expected name: command, found web"),
    ("ecosystem.config.js", "module.exports = {}", ": error: only Node can read JavaScript"),
    ("missing", None, ": error: no such file or directory"),
])
def test_what_cannot_be_imported_is_said(tmp_path, name, text, words):
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    done = subprocess.run([BINARY, "import", str(path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{path}{words}"), done.stderr


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--bogus", "a"], ["a", "--env"]])
def test_wrong_words_are_refused(words):
    done = subprocess.run([BINARY, "import", *words], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("Error: ")
