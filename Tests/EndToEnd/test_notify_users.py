"""sd_notify(3) as real programs use it: php-fpm, haproxy and systemd-notify of Debian."""

import pytest

from supervised import wait_until


@pytest.mark.needs("php-fpm8.2")
def test_php_fpm_announces_itself(supervise, tmp_path):
    """Its master sends READY=1 and then, every `systemd_interval`, a STATUS."""
    configuration = tmp_path / "fpm.conf"
    configuration.write_text(f"""[global]
error_log = {tmp_path}/fpm.log
pid = {tmp_path}/fpm.pid
daemonize = no
systemd_interval = 1s
[www]
listen = {tmp_path}/fpm.sock
user = www-data
group = www-data
pm = static
pm.max_children = 2
""")
    one = supervise(f"""
[program:fpm]
command=php-fpm8.2 --nodaemonize --fpm-config {configuration}
ready=notify
""").ready()
    row = wait_until(lambda: "status_text" in one.status()["fpm"] and one.status()["fpm"], what="a status")
    assert row["ready"] and row["status_text"].startswith(("Ready to handle connections", "Processes active: "))
    code, text = one.client("status", "--all")
    assert code == 0 and ", status: " in text
    assert one.stop() == 0


@pytest.mark.needs("haproxy")
def test_haproxy_announces_itself(supervise, tmp_path):
    """In master-worker mode with -Ws; a reload by USR2 is announced, too."""
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(f"""global
defaults
    mode tcp
    timeout client 1s
    timeout server 1s
    timeout connect 1s
listen l
    bind unix@{tmp_path}/haproxy.sock
    server s 127.0.0.1:1
""")
    one = supervise(f"""
[program:haproxy]
command=haproxy -Ws -f {configuration}
ready=notify
stopsignal=TERM
""").ready()
    one.client("signal", "USR2", "haproxy")
    wait_until(lambda: [line for line in one.journal() if line.get("event") == "reloaded"], what="a reload")
    assert one.status()["haproxy"]["ready"]
    assert one.stop() == 0


@pytest.mark.needs("systemd-notify")
def test_systemd_notify_in_a_wrapper_is_never_lost(supervise):
    """It has often been reaped by the time its message is read."""
    one = supervise("".join(f"""
[program:w{number}]
command=sh -c 'systemd-notify --ready --status="number {number}"; exec sleep 1000'
user=www-data
ready=notify
""" for number in range(25)), pid1=True).ready(60)
    rows = one.status()
    assert [rows[f"w{number}"]["status_text"] for number in range(25)] == [
        f"number {number}" for number in range(25)]
    assert one.stop() == 0
