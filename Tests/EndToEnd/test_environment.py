"""Where a program's environment comes from, and that its secrets stay secret."""

import http.client
import io
import os
import pathlib
import random
import socket
import subprocess
import xmlrpc.client

import dotenv
import pytest

from supervised import BINARY, children_of, process_status, wait_until


def environment(pid):
    entries = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")[:-1]
    return dict(entry.decode().split("=", 1) for entry in entries)


def test_files_of_the_supervisor_and_of_programs(supervise, tmp_path):
    (tmp_path / "common").write_text("export COLOUR=blue\nSHARED=common\nHOST='db'\nOUTER=common\n")
    (tmp_path / "own").write_text('SHARED="${SHARED}+own"\nURL=mysql://${HOST}:${PORT:-3306}\nLAST=own\n')
    (tmp_path / "template").write_text("${COLOUR} ${SECRET} ${HOST}\n")
    (tmp_path / "secret").write_text("s3 cret\n")
    one = supervise(f"""
[template:t]
source={tmp_path}/template
destination=%DIR%/out
mode=0600
[wait:w]
command=sh -c 'test "$HOST" = db'
timeout=5s
[program:p]
command=sleep 1000
environment_file={tmp_path}/own,-{tmp_path}/none
environment=LAST="environment"
[program:q]
command=sleep %(ENV_COLOUR:-x)s1000
process_name=%(ENV_COLOUR)s
autostart=false
""", supervisord=f"environment_file={tmp_path}/common\nsecrets=SECRET",
        environment={"OUTER": "inherited", "SECRET_FILE": f"{tmp_path}/secret"}).ready()
    found = environment(one.status()["p"]["pid"])
    expected = {"COLOUR": "blue", "SHARED": "common+own", "HOST": "db", "OUTER": "common",
                "URL": "mysql://db:3306", "LAST": "environment", "SECRET": "s3 cret"}
    assert expected.items() <= found.items()
    assert "q:blue" in one.status()
    assert (one.directory / "out").read_text() == "blue s3 cret db\n"


def test_an_update_takes_a_changed_file(supervise, tmp_path):
    file = tmp_path / "env"
    file.write_text("A=1\n")
    one = supervise(f"""
[program:p]
command=sleep 1000
environment_file={file}
""").ready()
    before = one.status()["p"]["pid"]
    assert environment(before)["A"] == "1"
    file.write_text("A=2\n")
    assert one.client("update") == (0, "p: stopped\np: updated process group\n")
    after = wait_until(lambda: one.status()["p"]["pid"], what="a new process")
    assert after != before
    # Before its exec it is a copy of PID 1.
    wait_until(lambda: environment(after).get("A") == "2", what="its environment")
    file.write_text("A='2\n")
    code, text = one.client("update")
    assert code != 0 and f"{file}:1:3: error: this quotation is never closed" in text
    assert one.status()["p"]["pid"] == after


@pytest.mark.parametrize("kind", ["fifo", "directory", "large", "missing"])
def test_files_that_cannot_be_read_hang_nobody(tmp_path, kind):
    file = tmp_path / "env"
    reason = {"fifo": "cannot be read: it is no regular file", "directory": "is a directory",
              "large": "is larger than 1 MiB", "missing": "does not exist"}[kind]
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "directory":
        file.mkdir()
    elif kind == "large":
        file.write_text("#" * (1 << 20) + "\n")
    path = tmp_path / "e.conf"
    for key in [f"environment_file={file}", "secrets=A"]:
        path.write_text(f"[supervisord]\n{key}\n")
        done = subprocess.run([BINARY, "check", "-c", path], capture_output=True, text=True, timeout=10,
                              env={**os.environ, "A_FILE": str(file)})
        assert done.returncode == 2 and f"{file} {reason}" in done.stdout, done.stdout
        assert done.stdout.startswith(f"{path}:2:")


SECRETIVE = """
[unix_http_server]
file=%DIR%/http.sock
[program:p]
command=sh -c 'exec sleep 1000' %(ENV_TOP)s
secrets=OWN
environment=DSN="%(ENV_OWN)s"
depends_on=
[hook:h]
command=/no/such %(ENV_TOP)s
on_failure=continue
[wait:w]
url=redis://:%(ENV_TOP)s@127.0.0.1:1
depends_on=p
"""


def test_no_secret_is_shown_anywhere(supervise, tmp_path):
    for name in ("TOP", "OWN"):
        (tmp_path / name).write_text(f"value-of-{name}\n")
    files = {"TOP_FILE": str(tmp_path / "TOP"), "OWN_FILE": str(tmp_path / "OWN")}
    one = supervise(SECRETIVE, supervisord="secrets=TOP", environment=files)
    pid = one.until("p", "RUNNING")["pid"]
    assert environment(pid)["OWN"] == environment(pid)["DSN"] == "value-of-OWN"
    seen = [one.client("timeline", "--json")[1], one.client("status", "--all", "--json")[1]]
    for words in (["config"], ["config", "--json"], ["check"], ["graph"]):
        done = subprocess.run([BINARY, "-c", one.path, *words], capture_output=True, text=True,
                              env={**os.environ, **files})
        assert done.returncode == 0, done.stderr
        seen.append(done.stdout + done.stderr)
    assert "secrets=OWN" in seen[-4] and "command=sh -c 'exec sleep 1000' ***" in seen[-4]
    seen += [one.said(), str(all_config_info(one))]
    for text in seen:
        assert "value-of-" not in text, text


def all_config_info(one):
    class Transport(xmlrpc.client.Transport):
        def make_connection(self, host):
            connection = http.client.HTTPConnection("localhost")
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(one.directory / "http.sock"))
            return connection
    wait_until((one.directory / "http.sock").exists, what="a server")
    with xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=Transport()) as server:
        return server.supervisor.getAllConfigInfo()


@pytest.mark.needs_root
def test_helpers_get_no_secrets(supervise, tmp_path):
    (tmp_path / "TOP").write_text("value-of-TOP")
    one = supervise("[program:p]\ncommand=sleep 1000\nlog_format=json\n", supervisord="secrets=TOP",
                    environment={"TOP_FILE": str(tmp_path / "TOP")}).ready()
    children = children_of(one.pid)
    program = one.status()["p"]["pid"]
    assert len(children) == 2 and environment(program)["TOP"] == "value-of-TOP"
    for pid in children:
        assert int(pid) == program or "TOP" not in environment(pid)


@pytest.mark.needs_root
@pytest.mark.parametrize("user, home", [
    ("nobody", {"HOME": "/nonexistent", "USER": "nobody", "LOGNAME": "nobody"}),
    ("65534:0", {"HOME": "/nonexistent", "USER": "nobody", "LOGNAME": "nobody"}),
    ("54321", {"HOME": "/"}), ("54321:0", {"HOME": "/"}),
])
def test_the_home_is_that_of_the_user(supervise, user, home):
    one = supervise(f"""
[program:p]
command=sleep 1000
user={user}
home_environment=true
[program:q]
command=sleep 1000
user={user}
home_environment=true
environment=USER="mine"
""", environment={"HOME": "/root", "USER": "root", "LOGNAME": "root"}).ready()
    found = {name: environment(one.status()[name]["pid"]) for name in "pq"}
    assert {key: value for key, value in found["p"].items()
            if key in ("HOME", "USER", "LOGNAME")} == home
    assert found["q"]["USER"] == "mine"


PIECES = ["plain", " ", "  ", "é", "#", "'", "=", ":", "a#b", "${OUTER}", "${NO:-d f}", "${EMPTY}",
          "${V0}", "\\", "n", ".", "/", "&", "*", "(", "\t"]


def agreed_file(generator):
    """Lines on which Docker Compose and python-dotenv agree."""
    lines = ["V0=first"]
    for number in range(1, 200):
        export = generator.choice(["", "", "export ", "  "])
        style = generator.choice(["plain", "single", "double"])
        words = [generator.choice(PIECES) for _ in range(generator.randrange(6))]
        if style == "plain":
            words = [word for word in words if word not in ("#", "'", "\\")]
            value = "".join(words).strip(" \t")
            value += generator.choice(["", "", "   ", " # comment 'x"]) if value else ""
        elif style == "single":
            words = [word for word in words if "$" not in word and word != "\\"]
            value = "'" + "".join(words).replace("'", "\\'") + "'" + generator.choice(["", " # c"])
        else:
            escapes = [generator.choice(["\\n", "\\t", "\\\"", "\\\\", "\n", "'", "# "]) for _ in range(2)]
            words = [word for word in words if word != "\\"] + escapes
            generator.shuffle(words)
            # A quotation that ends in an escaped backslash it does not see the end of.
            value = '"' + "".join(words) + '."'
        lines.append(f"{export}V{number}{generator.choice(['', ' '])}={generator.choice(['', ' '])}{value}")
        lines.append(generator.choice(["", "# comment", "  # comment ' \" ${"]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(8))
def test_python_dotenv_reads_the_same(tmp_path, seed, monkeypatch):
    text = agreed_file(random.Random(seed))
    monkeypatch.setenv("OUTER", "outer value")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("NO", raising=False)
    (tmp_path / "env").write_text(text)
    path = tmp_path / "e.conf"
    path.write_text(f"[supervisord]\nenvironment_file={tmp_path}/env\n")
    done = subprocess.run([BINARY, "-c", path, "-s", tmp_path / "s", "--", "env", "-0"],
                          capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    ours = dict(entry.split("=", 1) for entry in done.stdout.decode().split("\0")[:-1])
    theirs = dotenv.dotenv_values(stream=io.StringIO(text))
    assert {name: ours.get(name) for name in theirs} == theirs


@pytest.mark.parametrize("text, complaint", [
    ("a\nbc ${NO}\n", "2:4: NO is not set; set it, or write ${NO:-default}"),
    ("${NO:?say so}", "1:1: NO is not set: say so"),
    ("${EMPTY:?say so}", "1:1: EMPTY is not set: say so"),
    ("é ${A", "1:4: ${ without }; write $${ for a literal one"),
    ("${}", "1:1: there is no name in ${…}; write $${ for a literal one"),
    ("x\n${NO:-é${NONE}}", "2:9: NONE is not set; set it, or write ${NONE:-default}"),
    ("${NO:-${EMPTY}", "1:1: ${ without }; write $${ for a literal one"),
    ("${NO:-" * 20 + "}" * 20, "1:97: more than 16 references stand in each other"),
    ("\n\n ${A/x}", "3:2: ${A/x} is neither ${X}, ${X:-default} nor ${X:?message}"),
])
def test_a_template_that_cannot_be_rendered_says_where(supervise, tmp_path, text, complaint):
    (tmp_path / "in").write_text(text)
    (tmp_path / "out").write_text("as before")
    one = supervise(f"[template:t]\nsource={tmp_path}/in\ndestination={tmp_path}/out\n", environment={"EMPTY": ""})
    assert one.wait() == 1
    assert f"template {tmp_path}/in:{complaint}\n" in one.said()
    assert (tmp_path / "out").read_text() == "as before"


def rendered(tmp_path, *words, destination=None):
    (tmp_path / "in").write_text("text ${A}\n")
    return subprocess.run(["entrypoint: template", *words, tmp_path / "in", destination or tmp_path / "out"],
                          executable=BINARY, env={"A": "a"}, capture_output=True, text=True, timeout=20)


@pytest.mark.needs_root
def test_a_template_gets_its_owner_and_mode_and_is_open_to_nobody_before(tmp_path):
    assert rendered(tmp_path, "54321", "123", "640").returncode == 0
    status = (tmp_path / "out").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (54321, 123, 0o640)
    assert rendered(tmp_path, "-", "-", "-").returncode == 0
    status = (tmp_path / "out").stat()
    assert (status.st_uid, status.st_mode & 0o777) == (os.getuid(), 0o644)
    calls = tmp_path / "calls"
    done = subprocess.run(
        ["strace", "-o", calls, "-e", "trace=open,openat,creat", "bash", "-c",
         f'umask 0; exec -a "entrypoint: template" {BINARY} - - 644 {tmp_path}/in {tmp_path}/out'],
        env={"A": "a", "PATH": os.environ["PATH"]}, timeout=20)
    assert done.returncode == 0
    made = [line for line in calls.read_text().splitlines() if '".entrypoint-' in line and "O_CREAT" in line]
    assert len(made) == 1 and ", 0600)" in made[0]


def test_a_destination_that_is_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real/file")
    (tmp_path / "out").symlink_to(tmp_path / "link")
    for _ in range(2):
        assert rendered(tmp_path, "-", "-", "-").returncode == 0
        assert os.readlink(tmp_path / "out") == str(tmp_path / "link")
        assert os.readlink(tmp_path / "link") == "real/file"
        assert (tmp_path / "real/file").read_text() == "text a\n"
        assert sorted(os.listdir(tmp_path / "real")) == ["file"]


@pytest.mark.needs_root
def test_links_that_are_not_followed(tmp_path):
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")
    os.chown(tmp_path / "out", 54321, 54321, follow_symlinks=False)
    done = rendered(tmp_path, "-", "-", "-")
    assert (done.returncode, done.stderr) == (
        1, f"template {tmp_path}/out: is a symbolic link of uid 54321, which is not followed\n")
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "out").unlink()
    (tmp_path / "out").symlink_to("out")
    done = rendered(tmp_path, "-", "-", "-")
    assert (done.returncode, done.stderr) == (
        1, f"template {tmp_path}/out: leads from one symbolic link to the next without an end\n")


@pytest.mark.needs_root
@pytest.mark.parametrize("mount, message", [
    ('mount --bind "$D" "$D" && mount -o remount,bind,ro "$D"', "read-only file system"),
    ('touch "$D/out" && mount --bind "$D/out" "$D/out"',
     "device or resource busy; it is a mount of its own: mount its directory instead"),
])
def test_a_destination_that_cannot_be_written(tmp_path, mount, message):
    (tmp_path / "in").write_text("text\n")
    (tmp_path / "d").mkdir()
    out = tmp_path / "d/out"
    done = subprocess.run(
        ["unshare", "--mount", "bash", "-c",
         mount + ' && exec -a "entrypoint: template" "$0" - - - "$1" "$D/out"', BINARY, tmp_path / "in"],
        env={"D": str(tmp_path / "d"), "PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (1, f"template {out}: {message}\n")
    assert [name for name in os.listdir(tmp_path / "d") if name != "out"] == []


def test_many_variables_are_kept_once_for_all_programs(supervise):
    """The programs' own copies would take 80 MB here."""
    many = {f"VARIABLE_NUMBER_{number}": f"value-{number}-{'x' * 40}" for number in range(14_000)}
    programs = "".join(f"[program:p{number}]\ncommand=sleep 1000\nstartsecs=0\nenvironment=OWN={number}\n"
                       "stdout_logfile=NONE\nstderr_logfile=NONE\n" for number in range(50))
    one = supervise(programs, environment=many).ready()
    assert int(process_status(one.pid)["RssAnon"].split()[0]) < 40 << 10
    environments = [pathlib.Path(f"/proc/{one.status()[f'p{number}']['pid']}/environ").read_bytes().split(b"\0")
                    for number in (0, 49)]
    for number, environment in zip((0, 49), environments):
        assert f"OWN={number}".encode() in environment
        assert {f"{name}={value}".encode() for name, value in many.items()} <= set(environment)


def test_a_large_file_of_many_processes_is_in_memory_once(supervise, tmp_path):
    (tmp_path / "common").write_text("".join(f"COMMON_{i}={'x' * 80}\n" for i in range(1000)))
    (tmp_path / "own").write_text("".join(f"OWN_{i}={'x' * 80}\n" for i in range(1000)) + "COMMON_0=own\nHOME=/file\n")
    one = supervise(f"""
[program:p]
command=sleep 1000
numprocs=200
process_name=%(program_name)s_%(process_num)d
environment_file={tmp_path}/own
environment=OWN_0="%(process_num)d",NUMBER="%(process_num)d"
home_environment=true
""", supervisord=f"environment_file={tmp_path}/common").ready()
    for number in (0, 199):
        found = environment(one.status()[f"p:p_{number}"]["pid"])
        assert (found["OWN_0"], found["NUMBER"], found["COMMON_0"], found["HOME"]) == (str(number), str(number), "own", "/file")
        assert len([name for name in found if name.startswith(("OWN_", "COMMON_"))]) == 2000
    lines = pathlib.Path(f"/proc/{one.pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    # A copy for each process would take 50 MiB.
    assert peak < 20 << 10, f"{peak} KiB"
    assert one.stop() == 0
