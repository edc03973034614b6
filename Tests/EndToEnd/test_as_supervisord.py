"""The binary under supervisord's other names: daemon, sample configuration, pidproxy."""

import os
import pathlib
import signal
import subprocess

import pytest
from supervised import BINARY, wait_until


@pytest.fixture
def named(tmp_path):
    """Runs the binary under another name, in a directory of its own."""
    for name in ("supervisord", "supervisorctl", "echo_supervisord_conf", "pidproxy"):
        (tmp_path / name).symlink_to(BINARY)

    def run(name, *words, **options):
        return subprocess.run([str(tmp_path / name), *words], cwd=tmp_path, capture_output=True,
                              text=True, timeout=20, **options)
    return run


def alive(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


def test_a_daemon_goes_into_the_background_and_stays_itself_through_a_reload(named, tmp_path):
    (tmp_path / "s.conf").write_text(f"""
[supervisord]
logfile=main.log
directory={tmp_path}
umask=027
[unix_http_server]
file={tmp_path}/s.sock
[supervisorctl]
serverurl=unix://{tmp_path}/s.sock
[program:p]
command=sh -c 'umask > {tmp_path}/umask; exec sleep 1000'
""")
    done = named("supervisord", "-c", "s.conf")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    pid = int(wait_until(lambda: (tmp_path / "supervisord.pid").exists()
                         and (tmp_path / "supervisord.pid").read_text(), what="a pid file"))
    try:
        assert os.getsid(pid) == pid and os.readlink(f"/proc/{pid}/fd/1") == "/dev/null"
        wait_until((tmp_path / "s.sock").exists, what="a socket")
        wait_until(lambda: (tmp_path / "umask").exists() and (tmp_path / "umask").read_text(),
                   what="a program")
        assert (tmp_path / "umask").read_text() == "0027\n"
        assert named("supervisorctl", "-c", "s.conf", "pid").stdout == f"{pid}\n"
        first = named("supervisorctl", "-c", "s.conf", "pid", "p").stdout
        assert named("supervisorctl", "-c", "s.conf", "reload").stdout == "Restarted supervisord\n"

        def has_another_pid():
            said = named("supervisorctl", "-c", "s.conf", "pid", "p").stdout
            return said.strip().isdigit() and said not in (first, "0\n")

        wait_until(has_another_pid, what="another start")
        assert named("supervisorctl", "-c", "s.conf", "pid").stdout == f"{pid}\n"
        assert named("supervisorctl", "-c", "s.conf", "shutdown").stdout == "Shut down\n"
        wait_until(lambda: not alive(pid), what="the end")
        assert not (tmp_path / "supervisord.pid").exists()
        assert not (tmp_path / "s.sock").exists()
        assert f"supervisord started with pid {pid}" in (tmp_path / "main.log").read_text()
    finally:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_the_sample_configuration_loads(named, tmp_path):
    sample = named("echo_supervisord_conf")
    assert sample.returncode == 0 and "[supervisord]" in sample.stdout
    (tmp_path / "sample.conf").write_text(sample.stdout)
    checked = named("supervisord", "-h")
    assert checked.returncode == 0 and checked.stdout.startswith("supervisord -- ")
    done = subprocess.run([BINARY, "check", "-c", str(tmp_path / "sample.conf")],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pidproxy_hands_signals_on(named, tmp_path):
    pidfile, seen = tmp_path / "pid", tmp_path / "seen"
    script = (f"trap 'echo hup >> {seen}' HUP; trap 'echo term >> {seen}; exit' TERM; "
              f"echo $$ > {pidfile}; while :; do sleep 0.05; done")
    proxy = subprocess.Popen([str(tmp_path / "pidproxy"), str(pidfile), "sh", "-c", script])
    try:
        wait_until(lambda: pidfile.exists() and pidfile.read_text(), what="a pid file")
        proxy.send_signal(signal.SIGHUP)
        wait_until(lambda: seen.exists() and seen.read_text() == "hup\n", what="HUP")
        proxy.send_signal(signal.SIGTERM)
        assert proxy.wait(20) == 0
        wait_until(lambda: seen.read_text() == "hup\nterm\n", what="TERM")
    finally:
        proxy.kill()
    assert named("pidproxy").returncode == 1


def test_pidproxy_ends_with_its_command(named, tmp_path):
    assert named("pidproxy", str(tmp_path / "pid"), "true").returncode == 0
