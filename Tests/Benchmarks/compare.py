"""Compares two builds of the binary: `compare.py [--runs N] BEFORE AFTER`.

The runs of both builds alternate, so that a change of the machine's speed affects both alike.
Prints the medians and their ratio. Ratios count; absolute figures depend on the machine.
"""

import argparse
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
from supervised import children_of, wait_until  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
WRITER = "dd if=/dev/zero bs=4000 count=50000 status=none | tr '\\0' x | fold -w 99 > {0}"


class Run:
    """One supervisor as PID 1 of a new PID namespace, in a directory of its own."""

    def __init__(self, binary, tools, configuration):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir="/dev/shm"))
        self.socket = self.directory / "control.sock"
        self.stamps = self.directory / "stamps"
        self.binary = binary
        path = self.directory / "entrypoint.conf"
        path.write_text("[supervisord]\n" + configuration.replace("%DIR%", str(self.directory))
                        .replace("%STAMP%", f"{tools}/timestamp {self.stamps}"))
        self.output = open(self.directory / "output", "wb")
        self.process = subprocess.Popen(
            [f"{tools}/timestamp", f"{self.directory}/began", binary, "-c", path, "-s", self.socket],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)

    @property
    def began(self):
        return int((self.directory / "began").read_text())

    def stamp(self, number):
        """The clock at the start of the program that started as `number`-th, in nanoseconds."""
        def condition():
            lines = self.stamps.read_text().splitlines()
            return int(lines[number - 1]) if len(lines) >= number else None
        return wait_until(condition, 60, f"start {number}")

    def processes(self):
        """The pids of the supervisor and its roles."""
        first = int(subprocess.check_output(["pgrep", "-P", str(self.process.pid)], text=True))
        children = children_of(first)
        roles = [int(pid) for pid in children
                 if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"entrypoint: ")]
        return [first, *roles]

    def end(self):
        first = self.processes()[0]
        os.kill(first, signal.SIGTERM)
        self.process.wait(60)
        self.output.close()
        subprocess.run(["rm", "-rf", self.directory], check=True)


def programs(count, extra=""):
    return "".join(f"[program:p{number}]\ncommand=%STAMP%\nstdout_logfile=%DIR%/log\n{extra}\n"
                   for number in range(count))


def boot(count):
    def measure(binary, tools):
        run = Run(binary, tools, programs(count))
        value = (run.stamp(count) - run.began) / 1e6
        run.end()
        return value
    return measure


def restart(binary, tools):
    run = Run(binary, tools, programs(10))
    run.stamp(10)
    subprocess.run([binary, "-s", run.socket, "ready", "--timeout", "30s"], check=True,
                   stdout=subprocess.DEVNULL)
    row = subprocess.check_output([binary, "-s", run.socket, "pid", "p0"], text=True)
    inside = int(row.split()[-1])
    first = run.processes()[0]
    outside = next(
        pid for pid in children_of(first)
        if f"NSpid:\t{pid}\t{inside}\n" in pathlib.Path(f"/proc/{pid}/status").read_text())
    before = time.monotonic_ns()
    os.kill(int(outside), signal.SIGKILL)
    value = (run.stamp(11) - before) / 1e6
    run.end()
    return value


def log(form):
    """MB/s from the program's pipe to its rotated file."""
    def measure(binary, tools):
        text = tools / "text"
        if not text.exists():
            subprocess.run(["sh", "-c", WRITER.format(text)], check=True)
        run = Run(binary, tools, f"[program:writer]\ncommand=sh -c 'dd if={text} bs=4000 status=none; "
                                 f"exec %STAMP%'\nstdout_logfile=%DIR%/log\nstdout_logfile_maxbytes=10MB\n"
                                 f"log_format={form}\n")
        value = text.stat().st_size / 1e6 / ((run.stamp(1) - run.began) / 1e9)
        run.end()
        return value
    return measure


def memory(count):
    """Proportional memory of the supervisor and its roles in MB."""
    def measure(binary, tools):
        run = Run(binary, tools, programs(count))
        run.stamp(count)
        total = 0
        for pid in run.processes():
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        run.end()
        return total / 1000
    return measure


MEASUREMENTS = [
    ("boot, 1 program, ms", boot(1)),
    ("boot, 100 programs, ms", boot(100)),
    ("crash to next exec, ms", restart),
    ("log raw, MB/s", log("raw")),
    ("log prefix, MB/s", log("prefix")),
    ("log json, MB/s", log("json")),
    ("memory, 3 programs, MB", memory(3)),
    ("memory, 100 programs, MB", memory(100)),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("before")
    parser.add_argument("after")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        tools = pathlib.Path(directory)
        subprocess.run(["cc", "-O2", "-o", tools / "timestamp", HERE / "timestamp.c"], check=True)
        print(f"{'median of ' + str(options.runs) + ' runs':28} {'before':>9} {'after':>9}  after/before")
        for name, measure in MEASUREMENTS:
            values = {options.before: [], options.after: []}
            for _ in range(options.runs):
                for binary in values:
                    values[binary].append(measure(binary, tools))
            before, after = (statistics.median(found) for found in values.values())
            print(f"{name:28} {before:9.2f} {after:9.2f}  {after / before:.2f}", flush=True)


if __name__ == "__main__":
    main()
