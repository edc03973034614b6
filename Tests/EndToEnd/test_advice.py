"""Advice: `check` gives all of it, the start mentions it once, `supervisord` keeps quiet."""

import json
import re
import subprocess

import pytest
from supervised import BINARY, ROOT, wait_until

NGINX = "[supervisord]\n[program:n]\ncommand=sh -c 'sleep 100; nginx'\nstdout_logfile=/tmp/n.log\n"


def check(path, *words):
    done = subprocess.run([BINARY, "check", "-c", str(path), *words], capture_output=True, text=True)
    return done.returncode, done.stdout.replace(f"{path}:", "")


def test_check_gives_it_apart_and_fails_only_when_strict(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text(NGINX + "colour=red\n")
    code, text = check(path)
    assert code == 0
    first, _, rest = text.partition("\n\n")
    assert first == "5:8: warning: unknown key 'colour' in [program:n]"
    lines = rest.splitlines()
    assert [re.search(r"\[([a-z-]+)\]$", line)[1] for line in lines[:2]] == ["shell-exec", "log-file"]
    assert lines[2:] == ["0 errors, 1 warning, 2 pieces of advice: 1 unit",
                         "to keep it as it is: [supervisord] allow=shell-exec,log-file"]
    path.write_text(NGINX)
    assert check(path, "--strict")[0] == 2
    path.write_text(NGINX.replace("]\n", "]\nallow=shell-exec,log-file\n", 1))
    assert check(path, "--strict") == (0, "0 errors, 0 warnings: 1 unit\n")


def test_in_json_it_has_its_name(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text(NGINX + "colour=red\n")
    said = json.loads(check(path, "--json")[1])
    assert [(one["severity"], one["advice"]) for one in said] == [
        ("warning", None), ("advice", "shell-exec"), ("advice", "log-file")]
    assert (said[1]["line"], said[1]["column"]) == (3, 9)


def test_the_start_mentions_it_once_and_a_reload_does_not(supervise, tmp_path):
    one = supervise(f"[program:a]\ncommand=sleep 1000\n[program:b]\ncommand=sleep 1000\n"
                    f"stdout_logfile={tmp_path}/b.log\n")
    one.ready()
    line = (f"entrypoint: 2 pieces of advice (on-fatal, log-file): "
            f"see entrypoint check -c {one.path}\n")
    assert line in one.said()
    before = one.status()["a"]["pid"]
    one.client("reload")
    one.begun_again("a", before)
    assert one.said().count("advice") == 1


@pytest.mark.parametrize("head", ["silent=true", "allow=on-fatal"])
def test_who_wants_to_hear_nothing_hears_nothing(supervise, head):
    one = supervise("[program:a]\ncommand=sleep 1000\n[program:b]\ncommand=sleep 1000\n",
                    supervisord=head)
    one.ready()
    assert "advice" not in one.said()


def test_a_foreground_command_and_supervisord_say_nothing(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text(NGINX)
    done = subprocess.run([BINARY, "-c", str(path), "-s", str(tmp_path / "s"), "--", "true"],
                          capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    (tmp_path / "supervisord").symlink_to(BINARY)
    path.write_text("[supervisord]\nlogfile=NONE\n[program:a]\ncommand=true\n[program:b]\ncommand=true\n")
    with open(tmp_path / "said", "wb") as said:
        process = subprocess.Popen([str(tmp_path / "supervisord"), "-n", "-c", str(path)],
                                   cwd=tmp_path, stdout=said, stderr=said)
    wait_until(lambda: "exited: b" in (tmp_path / "said").read_text(), what="a start")
    process.terminate()
    process.wait(timeout=20)
    assert "advice" not in (tmp_path / "said").read_text()


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*/entrypoint.conf")), ids=str)
def test_the_examples_deserve_none(path):
    code, text = check(path)
    assert code == 0 and " advice: " not in text, text


def test_the_first_configuration_of_the_readme_deserves_none(tmp_path):
    text = (ROOT / "README.md").read_text()
    path = tmp_path / "e.conf"
    path.write_text(re.search(r"## A first configuration\n+```ini\n(.*?)```", text, re.S)[1])
    code, said = check(path)
    assert code == 0 and " advice: " not in said, said
