"""Advice: `check` gives all of it, the start mentions it once, `supervisord` keeps quiet."""

import json
import os
import re
import subprocess
import tempfile

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


@pytest.mark.needs_root
def test_files_that_decide_what_root_runs_and_that_a_program_may_change():
    """The environment file of root's programs above all: LD_PRELOAD. A program that runs as the user
    who may change its files gains nothing."""
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        os.chmod(base, 0o755)
        for name in ("app/.env", "root.env", "app/run", "in.tpl", "e.conf"):
            os.makedirs(os.path.dirname(f"{base}/{name}"), exist_ok=True)
            open(f"{base}/{name}", "w").close()
        os.chown(f"{base}/app", 33, 33)
        os.chmod(f"{base}/in.tpl", 0o666)
        text = (f"[supervisord]\nallow=on-fatal\nenvironment_file={base}/root.env, -{base}/app/.env\n"
                f"[template:t]\nsource={base}/in.tpl\ndestination={base}/out\n"
                f"[program:root]\ncommand={base}/app/run\n"
                f"[program:web]\ncommand={base}/app/run\nuser=www-data\nenvironment_file={base}/app/.env\n")
        with open(f"{base}/e.conf", "w") as file:
            file.write(text)
        said = [line for line in check(f"{base}/e.conf")[1].splitlines() if "[writable-file]" in line]
        assert [re.match(r"(\d+:\d+): advice: www-data, as whom a program runs, may change (.*?),", line).groups()
                for line in said] == [
            ("3:18", f"{base}/app and so {base}/app/.env"), ("5:8", f"{base}/in.tpl"),
            ("8:9", f"{base}/app and so {base}/app/run")]
        assert "LD_PRELOAD" in said[0]
        os.chown(f"{base}/e.conf", 33, 33)
        assert f"may change {base}/e.conf, from which the supervisor" in check(f"{base}/e.conf")[1]
        for name in ("app", "e.conf"):
            os.chown(f"{base}/{name}", 0, 0)
        os.chmod(f"{base}/in.tpl", 0o644)
        assert "writable-file" not in check(f"{base}/e.conf")[1]


@pytest.mark.needs_root
def test_links_to_files_that_decide_what_root_runs_are_followed():
    """A link of root's that leads into a directory of www-data's, as a deployment makes it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        os.chmod(base, 0o755)
        for name in ("app/current", "www/shared/run", "own/.env"):
            os.makedirs(os.path.dirname(f"{base}/{name}"), exist_ok=True)
        open(f"{base}/own/.env", "w").close()
        open(f"{base}/www/shared/run", "w").close()
        os.chown(f"{base}/www", 33, 33)
        os.chown(f"{base}/own/.env", 33, 33)
        os.symlink("../own/.env", f"{base}/app/.env")
        os.symlink(f"{base}/www/shared", f"{base}/app/bin")
        os.symlink("loop", f"{base}/app/loop")
        open(f"{base}/e.conf", "w").write(
            f"[supervisord]\nallow=on-fatal\nenvironment_file={base}/app/.env\n"
            f"[program:root]\ncommand={base}/app/bin/run\n[program:web]\ncommand=sleep 1000\nuser=www-data\n"
            f"[template:t]\nsource={base}/app/loop/t\ndestination={base}/out\n")
        said = [line for line in check(f"{base}/e.conf")[1].splitlines() if "[writable-file]" in line]
        assert [re.search(r"may change (.*?),", line)[1] for line in said] == [
            f"{base}/own/.env and so {base}/app/.env", f"{base}/www and so {base}/app/bin/run"]
        assert said[1].startswith("5:9: ") and f"chown root and chmod go-w for {base}/www" in said[1]
        os.chown(f"{base}/www", 0, 0)
        os.chown(f"{base}/own/.env", 0, 0)
        assert "writable-file" not in check(f"{base}/e.conf")[1]
