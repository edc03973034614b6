"""Programs that fill the container's stdout hide nothing that the supervisor logs."""

import json
import os
import subprocess

from supervised import wait_until

# Four processes that keep the pipe full, which the program has made as small as one page.
FLOOD = """
import fcntl, os
fcntl.fcntl(1, 1031, 4096)
lines = (b"x" * 127 + b"\\n") * 32
for _ in range(2):
    os.fork()
while True:
    os.write(1, lines)
"""


def test_no_line_of_the_main_log_is_lost_when_programs_fill_stdout(supervise, public, tmp_path):
    flood = public.script("flood.py", FLOOD)
    reader, writer = os.pipe()
    kept = tmp_path / "kept"
    with open(kept, "wb") as file:
        filtering = subprocess.Popen(["grep", "-av", "xxxxxxx"], stdin=reader, stdout=file)
    os.close(reader)
    one = supervise(f"""
[program:flood]
command={flood}
user=www-data
[program:victim]
command=sh -c 'sleep 0.1; exit 1'
user=nobody
startsecs=0
autorestart=true
stdout_logfile=none
""", pid1=True, stdout=writer, stderr=writer)
    os.close(writer)

    def moves():
        return sum("victim" in json.dumps(event) for event in one.journal())
    wait_until(lambda: moves() > 20, 60, "many starts of the victim")
    assert one.stop() == 0
    filtering.wait(20)
    text = kept.read_text(errors="replace")
    started, ended = text.count("spawned: 'victim'"), text.count("exited: victim")
    assert "lines were lost" not in text
    assert started > 3 and started - ended in (0, 1)
