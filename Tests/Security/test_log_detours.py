"""Lines that a log does not take because of another user reach the container's log, each as a whole."""

import re
import signal
import subprocess

import pytest

from supervised import wait_until
from test_log_files import NUMBERS, ROOT
from test_paths import as_www, base, feed, place, start, worker  # noqa: F401

# Longer than the second for which the logger keeps the beginning of a raw line back elsewhere.
HALVES = """
import os, threading
print("first half, ", end="", flush=True)
threading.Event().wait(1.5)
print("second half", flush=True)
print("last words", end="", flush=True)
if "exit" not in os.listdir("."):
    threading.Event().wait()
"""


@pytest.fixture
def refused(place):
    as_www(f"ln -s {place.parent / 'victim'} worker.log", place)
    return place


def halves(supervise, place, public, more=""):
    script = public.script("halves.py", HALVES)
    one = supervise(f"[program:worker]\ncommand=/usr/bin/python3 {script}\nuser=www-data\ndirectory={place}\n"
                    f"stdout_logfile={place}/worker.log\nautorestart=false\nstartsecs=0\n{more}", pid1=True).ready()
    wait_until(lambda: "second half" in one.said(), what="the second half of the line")
    return one


def test_a_line_that_comes_in_two_reads_stays_whole(supervise, refused, public):
    one = halves(supervise, refused, public)
    assert "worker | first half, second half\n" in one.said()
    assert "last words" not in one.said()
    assert one.stop() == 0
    assert "worker | last words\n" in one.said()


def test_last_words_without_a_line_end_appear_when_the_process_ends(supervise, refused, public):
    as_www("touch exit", refused)
    one = halves(supervise, refused, public)
    wait_until(lambda: "worker | last words\n" in one.said(), what="the last words")
    assert one.stop() == 0


def test_a_line_of_any_length_is_cut_at_16_kib(supervise, refused):
    one = start(supervise, refused, worker(refused))
    feed(refused, "x" * 40_000 + "end\n")
    wait_until(lambda: "end\n" in one.said(), what="the end of the line")
    pieces = [line for line in one.said().splitlines() if line.startswith("worker | x")]
    assert [len(piece.removeprefix("worker | ")) for piece in pieces] == [16384, 16384, 40_003 - 2 * 16384]
    assert one.stop() == 0


def test_the_file_gets_the_line_whose_beginning_has_waited(supervise, refused):
    one = start(supervise, refused, worker(refused))
    feed(refused, "before\n")
    wait_until(lambda: "worker | before\n" in one.said(), what="a line in the container's log")
    as_www("rm worker.log", refused)
    one.send(signal.SIGUSR2)
    wait_until((refused / "worker.log").exists, what="the log")
    feed(refused, "after\n")
    wait_until(lambda: (refused / "worker.log").read_text() == "after\n", what="the line in the log")
    assert "after" not in one.said()
    assert one.stop() == 0


@pytest.fixture
def disk(place):
    """A disk of www-data."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,uid=33,gid=33,mode=755", "tmpfs", place],
                             capture_output=True)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("kind", ["raw", "prefix", "json"])
def test_a_disk_that_a_user_has_filled_costs_no_line(supervise, disk, public, kind):
    """A line is never shown without the name of its program, also where the disk has taken half of it."""
    # At once: print() makes a write(2) of each word.
    text = 'import sys; sys.stdout.write(f"{50 * chr(120)} number {number} end\\n"); sys.stdout.flush()'
    script = public.script("numbers.py", NUMBERS.replace('print("number", number, flush=True)', text))
    one = supervise(ROOT.format(script=script, place=disk) + f"log_format={kind}\n", pid1=True).ready()
    log = disk / "root.log"
    wait_until(lambda: "number 1 " in log.read_text(), what="a line in the log")
    as_www("cat /dev/zero > fill || true", disk)
    message = f"cannot log to {log}: no space left on device; its lines go to the container's stderr"
    wait_until(lambda: message in one.said(), what="the message")
    last = wait_until(lambda: shown(one, kind), what="lines in the container's log")[-1]
    as_www("rm fill", disk)
    wait_until(lambda: numbers(log.read_text())[-1] > last, what="the return to the log")
    assert one.stop() == 0
    # The file also has the beginning of a line, which may be all of it but its end.
    found = numbers(log.read_text()) + shown(one, kind)
    assert set(found) == set(range(max(found) + 1)) and len(found) - len(set(found)) <= 1
    assert one.said().count(message) == 1


def numbers(text):
    return [int(number) for number in re.findall("number ([0-9]+) end", text)]


def shown(one, kind):
    lines = [line for line in one.said().splitlines() if "xxxxx" in line]
    assert all(line.startswith('{"time":' if kind == "json" else "root") for line in lines), lines
    return numbers("\n".join(lines))


def test_each_line_of_a_refused_main_log_names_its_own_program(supervise, place):
    as_www(f"ln -s {place.parent / 'victim'} main.log", place)
    programs = "".join(f"[program:{name}]\ncommand=sh -c 'echo word of {name}; exec sleep 1000'\n"
                       "stdout_logfile=none\n" for name in ("first", "second"))
    one = supervise(f"[supervisord]\nlogfile={place}/main.log\nloglevel=debug\n{programs}", pid1=True).ready()
    for name in "first", "second":
        wait_until(lambda: re.search(rf"^{name} \| .*word of {name}$", one.said(), re.M), what=f"a line of {name}")
    assert not re.search(r"^first \| .*second", one.said(), re.M)
    assert not re.search(r"^second \| .*first", one.said(), re.M)
    assert one.stop() == 0
