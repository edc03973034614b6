"""`result_handler` of event listeners: what images with the package supervisor-stdout rely on."""

import contextlib
import os
import pathlib
import select

from supervised import wait_until

# The loop of supervisor-stdout 0.1.1, on bytes: the event comes back as the result.
LISTENER = """
import os, sys
while True:
    os.write(1, b"READY\\n")
    head = dict(word.split(":") for word in sys.stdin.buffer.readline().decode().split())
    data = sys.stdin.buffer.read(int(head["len"]))
    result = b"RESULT %d\\n%s" % (len(data), data)
    while result:
        result = result[os.write(1, result):]
"""
SPEAKER = """
[program:web]
command=sh -c "echo to out; echo to err >&2; exec sleep 1000"
stdout_events_enabled=true
stderr_events_enabled=true
stdout_logfile=NONE
stderr_logfile=NONE
depends_on=listener
"""


def listener(directory, handler, more=""):
    path = pathlib.Path(directory) / "listener.py"
    path.write_text(LISTENER)
    return (f"[eventlistener:listener]\ncommand=/usr/bin/python3 {path}\nevents=PROCESS_LOG\n"
            f"result_handler={handler}\n{more}\n")


def test_supervisor_stdout_prints_what_programs_write(supervise, tmp_path):
    one = supervise(SPEAKER + listener(tmp_path, "supervisor_stdout:event_handler"), pid1=True).ready()
    wait_until(lambda: "web stdout | to out\n" in one.said() and "web stderr | to err\n" in one.said(),
               what="both lines")
    assert "rejected" not in one.said() and "Python" not in one.said()
    assert one.stop() == 0


def test_an_unknown_handler_accepts_every_result(supervise, tmp_path):
    one = supervise(SPEAKER + listener(tmp_path, "my.module:handler"), supervisord="loglevel=debug").ready()
    wait_until(lambda: one.said().count("listener: event was processed") == 2, what="two results")
    assert "rejected" not in one.said()
    assert "names Python code, which cannot run here; every result is accepted" in one.said()


def test_no_line_is_lost_while_the_reader_of_stdout_is_stuck(supervise, tmp_path):
    reader, writer = os.pipe()
    count = 3000
    speaker = SPEAKER.replace("echo to out; echo to err >&2;",
                              f"seq -f 'number %%g {'x' * 50}' {count}; echo end >&2;")
    more = "buffer_size=100000"
    one = supervise(speaker + listener(tmp_path, "supervisor_stdout:event_handler", more), stdout=writer)
    one.ready()
    wait_until(lambda: not select.select([], [writer], [], 0)[1], what="a full pipe")
    os.close(writer)
    text = read_until(reader, "web stderr | end\n")
    # An event may end inside a line, and the handler prints its head before each.
    lines = text.replace("web stdout | ", "").splitlines()
    numbers = [line.split()[1] for line in lines if line.startswith("number ")]
    assert numbers == [str(number) for number in range(1, count + 1)]
    os.close(reader)


def read_until(reader, end):
    os.set_blocking(reader, False)
    text = ""

    def has_come():
        nonlocal text
        with contextlib.suppress(BlockingIOError):
            text += os.read(reader, 1 << 20).decode()
        return end in text
    wait_until(has_come, what=repr(end))
    return text
