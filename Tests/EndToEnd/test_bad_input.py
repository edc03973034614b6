"""What is wrong is said with its place and with what to write instead, and PID 1 never ends because of it."""

import contextlib
import os
import socket
import subprocess

import pytest

from supervised import BINARY, wait_until


def check(path, **environment):
    done = subprocess.run([BINARY, "check", "-c", str(path)], capture_output=True, text=True,
                          env={**os.environ, **environment})
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, [line.removeprefix(f"{path}:") for line in lines]


@pytest.mark.parametrize("make, text", [
    (lambda path: None, "error: could not find config file {}"),
    (lambda path: path.mkdir(), "error: could not read config file {}: it is a directory"),
    (lambda path: path.write_text("a=1\n"),
     "1:1: error: File contains no section headers: 'a=1' comes before the first [section]"),
    (lambda path: path.write_text("[program:a]\ncommand=x\n"),
     "error: .ini file does not include supervisord section; add a line [supervisord]"),
])
def test_files(tmp_path, make, text):
    path = tmp_path / "e.conf"
    make(path)
    code, lines = check(path)
    assert code == 2
    assert any(line.strip() == text.format(path) for line in lines), lines


@pytest.mark.needs_root
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n")
    path.chmod(0)
    tmp_path.chmod(0o755)
    for parent in [tmp_path, *tmp_path.parents]:
        if os.stat(parent).st_uid == os.getuid() and not os.stat(parent).st_mode & 1:
            parent.chmod(0o755)
    done = subprocess.run([BINARY, "check", "-c", str(path)], capture_output=True, text=True,
                          user="nobody", group="nogroup", extra_groups=[])
    assert done.returncode == 2
    assert f"could not read config file {path}: permission denied" in done.stdout + done.stderr


PROGRAM = "[program:p]\ncommand=true\n"


CRON = "[cron:c]\ncommand=true\n"
DAILY = CRON + "schedule=@daily\n"


@pytest.mark.parametrize("text, message", [
    (CRON, "2:1: error: section [cron:c] does not specify a schedule; add schedule=…"),
    ("[cron:c]\nschedule=@daily", "2:1: error: section [cron:c] does not specify a command; add command=…"),
    (CRON + "schedule=0 25 * * *", "4:12: error: schedule=0 25 * * * in [cron:c]: '25' is no hour; write 0 to 23"),
    (CRON + "schedule=* * * *", "4:10: error: schedule=* * * * in [cron:c]: 4 fields; write five (minute, hour, day of the month, month, day of the week), six with the second before them, a macro like @daily, or @every 30s"),
    (CRON + "schedule=* * * * * php x", "4:24: error: schedule=* * * * * php x in [cron:c]: 7 fields, of which six at most are the schedule; what is run belongs into command="),
    (CRON + "schedule=0 0 31 feb,apr *", "4:14: error: schedule=0 0 31 feb,apr * in [cron:c]: there is no day 31 in month feb,apr, so it would never run; write days that the month has"),
    (CRON + "schedule=@hourli", "4:10: error: schedule=@hourli in [cron:c]: unknown macro '@hourli'; did you mean '@hourly'?"),
    (CRON + "schedule=@every never", "4:17: error: schedule=@every never in [cron:c]: not a valid duration: 'never'; write one like 10s, 500ms or 1h30m"),
    (DAILY + "timezone=Europe/Berln", "5:10: error: timezone=Europe/Berln in [cron:c]: there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
    (DAILY + "timezone=europe/berlin", "5:10: error: timezone=europe/berlin in [cron:c]: there is no time zone 'europe/berlin'; did you mean 'Europe/Berlin'?"),
    (DAILY + "timezone=../../../etc/passwd", "5:10: error: timezone=../../../etc/passwd in [cron:c]: there is no time zone '../../../etc/passwd'; write one like Europe/Berlin"),
    (DAILY + "timezone=/etc/passwd", "5:10: error: timezone=/etc/passwd in [cron:c]: /etc/passwd is no time zone file"),
    (DAILY + "timezone=Europe", "5:10: error: timezone=Europe in [cron:c]: 'Europe' is a region; write one like Europe/Berlin"),
    (DAILY + "overlap=never", "5:9: error: overlap=never in [cron:c]: 'never' is none of skip, queue, allow"),
    (DAILY + "timeout=-1", "5:9: error: timeout=-1 in [cron:c]: not a valid duration: '-1'; write one like 10s, 500ms or 1h30m"),
    (DAILY + "jitter=some", "5:8: error: jitter=some in [cron:c]: not a valid duration: 'some'; write one like 10s, 500ms or 1h30m"),
    (DAILY + "retries=-1", "5:9: error: retries=-1 in [cron:c]: -1 is below lower bound (0)"),
    (DAILY + "retry_delay=x", "5:13: error: retry_delay=x in [cron:c]: not a valid duration: 'x'; write one like 10s, 500ms or 1h30m"),
    (CRON + "schedule=@every 5s\njitter=5s", "5:8: error: jitter=5s in [cron:c]: with @every it has to be shorter than the interval; write less than 5s"),
    (DAILY + "shedule=@daily", "5:9: warning: unknown key 'shedule' in [cron:c]; did you mean 'schedule'?"),
    (PROGRAM + "autostrat=true", "4:11: warning: unknown key 'autostrat' in [program:p]; did you mean 'autostart'?"),
    ("[progam:p]\ncommand=true", "2:1: warning: unknown section [progam:p]; did you mean 'program:p'?"),
    ("[program:p]\n", "2:1: error: program section program:p does not specify a command; add command=…"),
    (PROGRAM + "autostart=maybe", "4:11: error: autostart=maybe in [program:p]: not a valid boolean value: 'maybe'; write true or false"),
    (PROGRAM + "priority=1.5", "4:10: error: priority=1.5 in [program:p]: invalid literal for int() with base 10: '1.5'; write a whole number"),
    (PROGRAM + "startsecs=soon", "4:11: error: startsecs=soon in [program:p]: not a valid duration: 'soon'; write one like 10s, 500ms or 1h30m"),
    (PROGRAM + "stdout_logfile_maxbytes=10M", "4:25: error: stdout_logfile_maxbytes=10M in [program:p]: invalid literal for int() with base 10: '10m'; write a size like 50MB"),
    (PROGRAM + "umask=9", "4:7: error: umask=9 in [program:p]: 9 can not be converted to an octal type; write one like 022"),
    (PROGRAM + "stopsignal=FOO", "4:12: error: stopsignal=FOO in [program:p]: value 'FOO' is not a valid signal name; write one like TERM"),
    (PROGRAM + "exitcodes=300", "4:11: error: exitcodes=300 in [program:p]: not a valid list of exit codes: '300'; write numbers from 0 to 255"),
    (PROGRAM + "autorestart=always", "4:13: error: autorestart=always in [program:p]: invalid 'autorestart' value 'always'; write true, false or unexpected"),
    (PROGRAM + "user=nosuchuser", "4:6: error: user=nosuchuser in [program:p]: Invalid user name nosuchuser; write one that /etc/passwd has, or a uid"),
    (PROGRAM + "stdout_logfile=/nope/x.log", "4:16: error: stdout_logfile=/nope/x.log in [program:p]: The directory named as part of the path /nope/x.log does not exist; make /nope"),
    (PROGRAM + "ready=gopher://x", "4:7: error: ready=gopher://x in [program:p]: not a valid probe URL: 'gopher://x'; write one of tcp://host:port, unix:///path, mysql://host, postgres://host, redis://host, http://host/path, fcgi://host:port/path, file:///path, exec:command"),
    (PROGRAM + "restart_limit=5", "4:15: error: restart_limit=5 in [program:p]: not a valid limit: '5'; write one like 5/60s"),
    (PROGRAM + "health=htp://x", "4:8: error: health=htp://x in [program:p]: not a valid probe URL: 'htp://x'; write one of tcp://host:port, unix:///path, mysql://host, postgres://host, redis://host, http://host/path, fcgi://host:port/path, file:///path, exec:command"),
    (PROGRAM + "health=tcp://h:1\nhealth_interval=0", "5:17: error: health_interval=0 in [program:p]: it has to be above 0; write one like 10s, 500ms or 1h30m"),
    (PROGRAM + "health=tcp://h:1\nhealth_timeout=0s", "5:16: error: health_timeout=0s in [program:p]: it has to be above 0; write one like 10s, 500ms or 1h30m"),
    (PROGRAM + "health=tcp://h:1\nhealth_rise=0", "5:13: error: health_rise=0 in [program:p]: 0 is below lower bound (1)"),
    (PROGRAM + "health=tcp://h:1\nhealth_fall=few", "5:13: error: health_fall=few in [program:p]: invalid literal for int() with base 10: 'few'; write a whole number"),
    (PROGRAM + "health=tcp://h:1\nhealth_grace=-1", "5:14: error: health_grace=-1 in [program:p]: not a valid duration: '-1'; write one like 10s, 500ms or 1h30m"),
    (PROGRAM + "health=tcp://h:1\non_unhealthy=kill", "5:14: error: on_unhealthy=kill in [program:p]: 'kill' is none of restart, shutdown, ignore"),
    (PROGRAM + "health_fall=2", "4:13: warning: 'health_fall' in [program:p] has no effect: there is no health=; write one like health=http://127.0.0.1/health"),
    (PROGRAM + "memory_limit=0", "4:14: error: memory_limit=0 in [program:p]: it has to be above 0; write a size like 50MB"),
    (PROGRAM + "memory_limit=1G", "4:14: error: memory_limit=1G in [program:p]: invalid literal for int() with base 10: '1g'; write a size like 50MB"),
    (PROGRAM + "watchdog=500ms", "4:10: error: watchdog=500ms in [program:p]: it has to be at least 1s; write one like 30s"),
    (PROGRAM + "max_uptime=0", "4:12: error: max_uptime=0 in [program:p]: it has to be above 0; write one like 10s, 500ms or 1h30m"),
    (PROGRAM + "max_uptime=a day", "4:12: error: max_uptime=a day in [program:p]: not a valid duration: 'a day'; write one like 10s, 500ms or 1h30m"),
    (PROGRAM + "stop_command=php 'artisan", "4:14: error: stop_command=php 'artisan in [program:p]: No closing quotation"),
    (PROGRAM + "numprocs=100000", "4:10: error: numprocs=100000 in [program:p]: a program has at most 10000 processes; write a lower number"),
    (PROGRAM + "restart_jitter=150%%", "4:16: error: restart_jitter=150% in [program:p]: not a valid number: '150%'; write one like 2 or 1.5"),
    (PROGRAM + "restart_jitter=1.5", "4:16: error: restart_jitter=1.5 in [program:p]: 1.5 is more than 1; write 0 to 1, or 0% to 100%"),
    (PROGRAM + "restart_delay=1\nrestart_factor=0.5", "5:16: error: restart_factor=0.5 in [program:p]: 0.5 is less than 1; each delay is at least the one before"),
    (PROGRAM + "restart_jitter=lots", "4:16: error: restart_jitter=lots in [program:p]: not a valid number: 'lots'; write one like 2 or 1.5"),
    (PROGRAM + "reload_signal=NOPE", "4:15: error: reload_signal=NOPE in [program:p]: value 'NOPE' is not a valid signal name; write one like TERM"),
    ("[wait:w]\nurl=tcp://h:1\ninterval=0", "4:10: error: interval=0 in [wait:w]: it has to be above 0; write one like 10s, 500ms or 1h30m"),
    (PROGRAM + "rlimit_nofile=9:5", "4:15: error: rlimit_nofile=9:5 in [program:p]: the soft limit in '9:5' is above the hard one"),
    (PROGRAM + "preset=ngnix", "4:8: error: unknown preset 'ngnix'; the presets are nginx, php-fpm, apache, laravel-worker, laravel-schedule, horizon, reverb, octane, messenger, node"),
    (PROGRAM + "numprocs=2", "2:1: error: %(process_num) must be present within process_name when numprocs > 1 in [program:p]; write process_name=%(program_name)s_%(process_num)02d"),
    ("[program:p]\ncommand=echo %(ENV_NOT_SET)s", "3:9: error: command in [program:p] contains names ('ENV_NOT_SET') which cannot be expanded: the environment has no NOT_SET; set it, or write %(ENV_NOT_SET:-default)s"),
    ("[program:p]\ncommand=echo %(ENV_NOT_SET:?the key)s", "3:9: error: ENV_NOT_SET is not set: the key"),
    ("[program:p]\ncommand=date +%d", "3:9: error: Format string 'date +%d' for 'program:p.command' is badly formatted: unsupported format character 'd'; write %% for a per cent sign"),
    (PROGRAM + "depends_on=q", "4:12: error: depends_on in [program:p] names unknown unit 'q'; did you mean 'p'?"),
    (PROGRAM + "depends_on=r\n[program:r]\ncommand=true\ndepends_on=p", "2:1: error: these units wait for each other: p -> r -> p"),
    (PROGRAM + "environment=A=a@b", "4:13: error: environment=A=a@b in [program:p]: Unexpected end of key/value pairs in value 'A=a@b'; quote values like KEY=\"a@b\""),
    ("[program:p]\ncommand=echo 'open", "3:9: warning: command=echo 'open in [program:p]: can't parse command \"echo 'open\": No closing quotation; no start of it will work"),
    ("[wait:w]\n", "2:1: error: section [wait:w] does not specify a url; add url=…"),
    ("[template:t]\nsource=/a", "2:1: error: section [template:t] does not specify a destination; add destination=…"),
    ("[hook:h]\ncommand=true\nstage=early", "4:7: error: stage=early in [hook:h]: 'early' is none of start, ready, stop"),
    ("[group:g]\nprograms=zz", "2:1: error: [group:g] names unknown program or fcgi-program zz"),
])
def test_values(tmp_path, text, message):
    path = tmp_path / "e.conf"
    path.write_text(f"[supervisord]\n{text}\n")
    code, lines = check(path)
    assert message in lines, lines
    assert code == (2 if "error:" in message else 0)


@pytest.mark.parametrize("environment, message", [
    ({"TZ": "Mars/Base"}, "2:1: error: the environment's TZ=Mars/Base in [cron:c]: there is no time zone 'Mars/Base'; write one like Europe/Berlin (timezone= goes before it)"),
    ({"TZ": "Europe/Berlin", "TZDIR": "/no/such"}, "2:1: error: the environment's TZ=Europe/Berlin in [cron:c]: there is no time zone data at /no/such; install tzdata (apt-get install tzdata, apk add tzdata) (timezone= goes before it)"),
    ({"TZ": "UTC", "TZDIR": "/no/such"}, None), ({"TZ": ""}, None), ({"TZ": ":Europe/Berlin"}, None),
    ({"TZ": "CET-1CEST,M3.5.0,M10.5.0/3", "TZDIR": "/no/such"}, None),
])
def test_the_time_zone_of_the_environment(tmp_path, environment, message):
    path = tmp_path / "e.conf"
    path.write_text(f"[supervisord]\n{DAILY}")
    code, lines = check(path, **environment)
    assert (code, lines[0]) == (2, message) if message else code == 0 and len(lines) == 1


def test_everything_wrong_is_said_at_once(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n[program:a]\ncommand=true\nautostart=1x\npriority=y\n"
                    "[program:b]\n[wait:c]\nurl=x\n")
    code, lines = check(path)
    assert code == 2
    assert lines[-1] == "4 errors, 0 warnings: it will not start"


@pytest.mark.parametrize("section, other", [
    ("program:p]\nautorestart=ture", "autorestart=ture"), ("hook:h]\ntimeout=z", "timeout=z"),
    ("cron:c]\ncommand=x\noverlap=z", "overlap=z"), ("cron:c]\nschedule=@daily\njitter=z", "jitter=z"),
    ("eventlistener:e]\nevents=NOPE", "event type NOPE"), ("fcgi-program:f]\nsocket=z", "socket=z"),
    ("wait:w]\npriority=z", "priority=z"), ("directory:d]\nmode=z", "mode=z"),
    ("template:t]\nsource=x\nmode=z", "mode=z"),
    ("program:p]\nnumprocs=3\nprocess_name=%(process_num)d\nnice=99", "nice=99"),
])
def test_what_a_section_lacks_hides_nothing_else(tmp_path, section, other):
    path = tmp_path / "e.conf"
    path.write_text(f"[supervisord]\n[{section}\n")
    code, lines = check(path)
    assert code == 2 and lines[-1].startswith("2 errors, "), lines
    assert any("does not specify a" in line for line in lines), lines
    assert any(f"error: {other}" in line or f"error: Unknown {other}" in line for line in lines), lines


def test_a_template_without_its_source(supervise):
    one = supervise("[template:t]\nsource=/no/such\ndestination=%DIR%/out\n")
    assert one.wait() == 1
    assert "template /no/such: no such file or directory" in one.said()


def test_a_socket_that_is_in_use(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\n").ready()
    second = subprocess.run([BINARY, "-c", one.path, "-s", one.socket], capture_output=True, text=True)
    assert second.returncode == 2
    assert f"control socket {one.socket} is in use: is another one running?" in second.stderr
    assert one.status()["p"]["state"] == "RUNNING"


def talk(path, *pieces):
    """What the supervisor answers until it closes the connection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        answer = b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                connection.sendall(piece)
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                answer += part
        return answer.decode()


def test_garbage_at_the_control_socket_harms_nobody(supervise):
    one = supervise("[program:p]\ncommand=sleep 1000\n", pid1=True).ready()
    pid = one.status()["p"]["pid"]
    assert '"error":"unknown request: nonsense here"' in talk(one.socket, b"nonsense here\n")
    assert '"error"' in talk(one.socket, bytes(range(256)) * 4 + b"\n")
    assert '"error":"the request is too long"' in talk(one.socket, *[b"x" * 8192] * 16)
    idle = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    for connection in idle:
        connection.connect(str(one.socket))
    for connection in idle:
        connection.close()
    wait_until(lambda: one.client("status")[0] == 0, what="an answer after a hundred idle clients")
    assert one.status()["p"]["pid"] == pid
    assert one.stop() == 0
