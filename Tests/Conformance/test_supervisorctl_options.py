"""Flags, configuration files, and where the client departs from the real one on purpose."""

import os
import re
import subprocess

import pytest
from supervised import wait_until
from tools import Tool

FLAGS = [
    "-h", "--help", "-?", "--he", "-h -x", "-x", "-ix", "--bogus", "--h", "-c", "-ic", "--configuration",
    "--conf=/nowhere pid", "-c /nowhere pid", "-c /nowhere -c /nowhere pid", "-s foo pid", "-s foo: pid",
    "-s : pid", "-s http: pid", "-s= pid", "--serverurl= pid", "-s http:// pid", "-s 1a:b pid",
    "--interactive=3", "-s URL pid", "-sURL pid", "--s=URL pid", "--serverurl URL pid", "-is URL pid",
    "-s URL -i -i pid", "-s URL -u a -p b pid", "-s URL --us a --pass b pid", "-s URL -r x pid",
    "-s URL --history_file x pid", "-s URL -s URL pid", "-s URL -- pid", "-s URL -- -x", "-s URL pid -x",
    "-s URL -p", "-s URL - pid", "-i -h", "-s http://u:p@HOST pid", "-s URL/ pid", "-s URL/RPC2 pid",
]


def words(text, fake):
    return [word.replace("URL", fake.url).replace("HOST", fake.url[7:]) for word in text.split()]


@pytest.mark.parametrize("flags", FLAGS)
def test_flags_are_read_alike(fake, theirs, ours, tmp_path, flags):
    fake.answers = {"getPID": 77}
    hidden = [(fake.url, "URL")]
    expected = theirs.run(*words(flags, fake), cwd=tmp_path, hidden=hidden)
    assert ours.run(*words(flags, fake), cwd=tmp_path, hidden=hidden) == expected


FILES = {
    "a url": "[supervisorctl]\nserverurl=URL\n",
    "the section is missing": "[supervisord]\n",
    "nothing at all": "",
    "a prompt": "[supervisorctl]\nserverurl=URL\nprompt=my prompt %(ENV_WORD)s\n",
    "the environment": "[supervisorctl]\nserverurl=%(ENV_ADDRESS)s\n",
    "a socket that is nowhere": "[supervisorctl]\nserverurl=unix://%(here)s/s.sock\n",
    "a relative socket": "[supervisorctl]\nserverurl=unix://sub/../s.sock\n",
    "a socket at home": "[supervisorctl]\nserverurl=unix://~/s.sock\n",
    "no url": "[supervisorctl]\nserverurl=foo\n",
    "an empty url": "[supervisorctl]\nserverurl=\n",
    "inherited": "[DEFAULT]\nserverurl=URL\n[supervisorctl]\n",
    "a comment": "[supervisorctl]\nserverurl=URL ; there\nprompt=x # y\n",
    "programs that are wrong": "[supervisorctl]\nserverurl=URL\n[program:x y]\nfoo=%(nope)s\n[group:g]\n"
                               "programs=nobody\n[include]\nfiles=%(nope)s\n[supervisord]\nloglevel=loud\n",
    "two sections": "[supervisorctl]\nserverurl=http://127.0.0.1:1\n[x]\n[supervisorctl]\nserverurl=URL\n",
    "credentials": "[supervisorctl]\nserverurl=URL\nusername=a%%b\npassword=c:d\n",
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_alike(fake, theirs, ours, tmp_path, name):
    fake.answers = {"getPID": 77, "getAllProcessInfo": []}
    path = tmp_path / "supervisord.conf"
    path.write_text(FILES[name].replace("URL", fake.url))
    env = {**os.environ, "ADDRESS": fake.url, "WORD": "w", "HOME": "/home/nobody"}
    for arguments, stdin in ((["-c", str(path), "pid"], ""), (["-c", path.name], "pid\n"), ([], "pid\n")):
        both = [tool.run(*arguments, stdin=stdin, cwd=tmp_path, env=env, hidden=[(fake.url, "URL")])
                for tool in (theirs, ours)]
        assert both[1] == both[0]


def test_a_file_is_found_where_the_real_one_finds_it(fake, theirs, ours, tmp_path):
    fake.answers = {"getPID": 77, "getAllProcessInfo": []}
    places = ["supervisord.conf", "etc/supervisord.conf", "../etc/supervisord.conf", "../supervisord.conf"]
    for place in places:
        for tool in (theirs, ours):
            root = tmp_path / f"{place.replace('/', '_')}{tool is ours}"
            (root / "work/etc").mkdir(parents=True)
            (root / "etc").mkdir()
            (root / "bin").mkdir()
            (root / "bin/supervisorctl").symlink_to(tool.path)
            (root / "work" / place).write_text(f"[supervisorctl]\nserverurl={fake.url}\nprompt={place}\n")
            moved = Tool(root / "bin/supervisorctl")
            if tool is theirs and ".." in place:
                continue  # Python follows the link to the program before it looks around.
            assert f"{place}> 77\n" in moved.run(cwd=root / "work", stdin="pid\n")[1]


def test_a_client_found_in_the_search_path_knows_its_place(fake, theirs, ours, tmp_path):
    fake.answers = {"getPID": 77}
    (tmp_path / "ours/bin").mkdir(parents=True)
    (tmp_path / "ours/supervisord.conf").write_text(f"[supervisorctl]\nserverurl={fake.url}\n")
    (tmp_path / "ours/bin/supervisorctl").symlink_to(ours.path)
    for tool in (theirs.path, tmp_path / "ours/bin/supervisorctl"):
        env = {**os.environ, "PATH": f"/nowhere:{tool.parent}:{os.environ['PATH']}"}
        found = Tool("supervisorctl")
        said = found.run("-x", env=env)
        assert said == (2, "", f"Error: option -x not recognized\nFor help, use {tool} -h\n")
    assert found.run("pid", env=env)[1] == "PID\n"


def test_the_command_line_is_stronger_than_the_file(daemon, theirs, ours):
    one = daemon("[program:cat]\ncommand=/bin/cat\n", username="u", password="p")
    path = one.directory / "ctl.conf"
    path.write_text("[supervisorctl]\nserverurl=http://127.0.0.1:1\nusername=u\npassword=wrong\n")
    arguments = ["-c", path, "-s", one.url, "-p", "p", "pid"]
    assert ours.run(*arguments) == theirs.run(*arguments) == (0, "PID\n", "")


def test_credentials_may_stand_in_the_url(daemon, ours):
    one = daemon("[program:cat]\ncommand=/bin/cat\n", username="u", password="p")
    assert ours.run("-s", one.tcp.replace("//", "//u:p@"), "pid") == (0, "PID\n", "")


# Departures.

@pytest.mark.difference("where in Python something went wrong, in a message")
def test_no_file_and_line_of_python(theirs, ours):
    """Neither is anybody's business; what stands before them is the same."""
    said = [subprocess.run([tool.path, "-s", "foo:/x", "pid"], capture_output=True, text=True).stdout
            for tool in (theirs, ours)]
    assert re.search(r": file: /.*\.py line: \d\d+$", said[0].rstrip())
    assert said[1] == re.sub("file: .* line: .*", "file: supervisorctl line: 0", said[0])


@pytest.mark.difference("a configuration that `supervisorctl` cannot read")
@pytest.mark.parametrize("text, complaint, code_there", [
    ("[supervisorctl]\njunk\nx y\n", "2: 'junk' is neither key=value nor a [section]", 1),
    ("foo=1\n", "1: File contains no section headers", 1),
    ("[supervisorctl]\nserverurl=%(ENV_NOT_THERE)s\n", "contains names ('ENV_NOT_THERE') which cannot", 2),
    ("[supervisorctl]\nprompt=100%\n", "is badly formatted", 2),
])
def test_a_file_that_is_wrong_is_an_ordinary_error(ours, theirs, tmp_path, text, complaint, code_there):
    path = tmp_path / "s.conf"
    path.write_text(text)
    code, _, errors = theirs.run("-c", path, "pid")
    assert (code, "Traceback" in errors) == (code_there, code_there == 1)
    code, output, errors = ours.run("-c", path, "pid")
    assert (code, output) == (2, "")
    assert errors.startswith("Error: ") and complaint in errors
    assert errors.endswith("\nFor help, use supervisorctl -h\n")


def test_a_directory_is_no_file(ours, theirs, tmp_path):
    for tool in (ours, theirs):
        code, _, errors = tool.run("-c", tmp_path, "pid")
        assert code == 2 and errors.startswith(f"Error: could not read config file {tmp_path}")


@pytest.mark.difference("`supervisorctl clear GROUP:*`")
def test_the_logs_of_a_group_are_cleared(daemon, ours, theirs):
    one = daemon("[program:talker]\ncommand=/bin/sh -c \"echo hello; exec cat\"\nnumprocs=2\n"
                 "process_name=t%(process_num)d\n")
    wait_until(lambda: "hello" in ours.run("-s", one.url, "tail talker:t1")[1])
    assert theirs.run("-s", one.url, "clear talker:*") == (
        1, "talker:None: ERROR (no such process)\n", "")
    assert ours.run("-s", one.url, "clear talker:*") == (0, "talker:t0: cleared\ntalker:t1: cleared\n", "")
    assert ours.run("-s", one.url, "tail talker:t1") == (0, "\n", "")
    assert ours.run("-s", one.url, "clear nope:*") == (1, "nope: ERROR (no such group)\n", "")


def test_python_is_named_only_where_scripts_look_for_it(fake, ours):
    for answers in ({"getPID": b"junk"}, {"getPID": b""}, {"getAllProcessInfo": 5},
                    {"getAllProcessInfo": [{"name": 3}]}, {"reloadConfig": []}, {"reloadConfig": [[1, 2]]}):
        for line in ("pid", "status", "update", "reread"):
            (code, output, errors), _ = fake.ask(ours, line, answers)
            assert code in (1, 0) or line == "status"
            assert errors == "" and "Traceback" not in output


def test_a_server_without_an_end_is_not_waited_for_in_vain(ours):
    """Whoever listens but is no server: nothing that it says makes us crash."""
    import socket
    import threading
    for said in (b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 999\r\n\r\n",
                 b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                with server.accept()[0] as one:
                    one.recv(65536)
                    one.sendall(said)
            threading.Thread(target=serve, daemon=True).start()
            code, output, errors = ours.run("-s", f"http://127.0.0.1:{server.getsockname()[1]}", "pid")
            assert (code, errors) == (1, "") and output.startswith("error: <class '")


@pytest.mark.difference("addresses of IPv6")
def test_an_address_of_ipv6_is_spoken_to(ours, fake):
    import socket
    import threading
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        asked = []

        def serve():
            with server.accept()[0] as one:
                asked.append(one.recv(65536))
                one.sendall(b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n")
        threading.Thread(target=serve, daemon=True).start()
        port = server.getsockname()[1]
        code, output, _ = ours.run("-s", f"http://[::1]:{port}", "pid")
    assert code == 1 and "503 Later" in output
    assert f"Host: [::1]:{port}\r\n".encode() in asked[0]
