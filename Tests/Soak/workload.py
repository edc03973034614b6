"""The configuration of the soak, and the scripts that its programs run."""

import pathlib

PASSWORD = "username=admin\npassword=secret\n"

SCRIPTS = {
    # Lines with a number, so that the log can be compared with what was written.
    "steady": """
import itertools, time
for number in itertools.count():
    print(f"line {number}", flush=True)
    pause(0.2)
""",
    "flood": """
while True:
    for _ in range(200): os.write(1, b"x" * 199 + b"\\n")
    pause(0.5)
""",
    "brief": "pause(0.7); sys.exit(random.choice([0, 1, 7]))",
    "stubborn": "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pause(60)",
    "orphans": """
while True:
    if os.fork() == 0:
        if os.fork() == 0: os._exit(0)
        os._exit(0)
    os.wait()
    pause(0.1)
""",
    "notifier": """
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.connect(os.environ["NOTIFY_SOCKET"])
one.send(b"READY=1")
while True:
    # More than a program may send, so that its socket is full most of the time.
    with contextlib.suppress(BlockingIOError):
        for number in range(60): one.send(b"WATCHDOG=1\\nSTATUS=at %d" % number, socket.MSG_DONTWAIT)
    with contextlib.suppress(BlockingIOError):
        one.sendmsg([b"STATUS=fd"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b"\\1\\0\\0\\0")],
                    socket.MSG_DONTWAIT)
    pause(0.3)
""",
    "listener": """
while True:
    sys.stdout.write("READY\\n"); sys.stdout.flush()
    head = dict(word.split(":") for word in sys.stdin.readline().split())
    if not head: break
    sys.stdin.read(int(head["len"]))
    sys.stdout.write("RESULT 2\\nOK"); sys.stdout.flush()
""",
    "idle": "while True: pause(60)",
}

HEAD = """import contextlib, os, random, select, signal, socket, sys
def pause(seconds): select.select([], [], [], seconds)
"""

FIXED = """
[supervisord]
journal=%DIR%/journal
logfile=%DIR%/main.log
logfile_maxbytes=200KB
logfile_backups=2
[inet_http_server]
port=127.0.0.1:%PORT%
""" + PASSWORD + """
[unix_http_server]
file=%DIR%/http.sock
[program:steady]
command=%RUN%/steady.py
process_name=%(program_name)s_%(process_num)d
numprocs=3
startsecs=0
autorestart=true
stdout_logfile=%DIR%/%(program_name)s_%(process_num)d.log
stdout_logfile_maxbytes=20KB
stdout_logfile_backups=2
log_format=json
[program:flood]
command=%RUN%/flood.py
startsecs=0
autorestart=true
stdout_logfile=%DIR%/flood.log
stdout_logfile_maxbytes=300KB
stdout_logfile_backups=2
stdout_logfile_compress=gzip
[program:brief]
command=%RUN%/brief.py
startsecs=0
autorestart=true
[program:stubborn]
command=%RUN%/stubborn.py
startsecs=0
autorestart=true
stopwaitsecs=1
[program:orphans]
command=%RUN%/orphans.py
startsecs=0
autorestart=true
user=www-data
[program:notifier]
command=%RUN%/notifier.py
ready=notify
watchdog=20s
autorestart=true
startsecs=0
startretries=unlimited
[program:checked]
command=%RUN%/idle.py
startsecs=0
autorestart=true
health=tcp://127.0.0.1:%PORT%
health_interval=1s
health_fall=1000
[program:announced]
command=sh -c 'echo up; exec %RUN%/idle.py'
startsecs=0
autorestart=true
ready=log:up
startretries=unlimited
stdout_logfile=%DIR%/announced.log
stdout_logfile_maxbytes=20KB
[program:dependent]
command=%RUN%/idle.py
startsecs=0
autorestart=true
depends_on=announced
[eventlistener:listener]
command=%RUN%/listener.py
events=EVENT
buffer_size=50
startsecs=0
autorestart=true
[cron:tick]
schedule=@every 7s
command=true
[hook:prepare]
command=true
"""

# Programs that come, change and go with each update.
CHANGING = """
[program:guest%NUMBER%]
command=%RUN%/idle.py
startsecs=0
autorestart=true
environment=GENERATION="%GENERATION%"
numprocs=%COUNT%
process_name=%(program_name)s_%(process_num)d
stdout_logfile=%DIR%/guest%NUMBER%.log
"""

STEADY = ["steady:steady_0", "steady:steady_1", "steady:steady_2", "flood", "stubborn", "orphans",
          "notifier", "checked", "announced", "dependent", "listener"]
GUESTS = 5


def write_scripts(directory):
    for name, body in SCRIPTS.items():
        path = directory / f"{name}.py"
        path.write_text("#!/usr/bin/python3\n" + HEAD + body)
        path.chmod(0o755)


def configuration(directory, port, guests=None):
    """`guests`: for each number the generation and the count of processes."""
    text = FIXED
    for number, (generation, count) in sorted((guests or {}).items()):
        text += CHANGING.replace("%NUMBER%", str(number)).replace(
            "%GENERATION%", str(generation)).replace("%COUNT%", str(count))
    return text.replace("%RUN%", str(directory / "run")).replace(
        "%DIR%", str(directory)).replace("%PORT%", str(port))


def expected(guests):
    """The names of the programs that run once nothing disturbs them, but for `brief`."""
    names = list(STEADY)
    for number, (_, count) in guests.items():
        names += [f"guest{number}:guest{number}_{index}" for index in range(count)]
    return names


def prepare(directory: pathlib.Path):
    run = directory / "run"
    run.mkdir()
    directory.chmod(0o755)
    write_scripts(run)
