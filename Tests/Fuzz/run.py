"""Builds the fuzzers and runs them: run.py SECONDS [TARGET...], all targets by default.

Each target runs for the given time on the committed inputs (Corpus), on those of earlier runs
(.build/fuzz/inputs) and on libFuzzer's mutations of them. An input that fails is saved below
.build/fuzz/failures; `run.py 0 TARGET FILE` runs the target with one file.
"""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCRATCH = ROOT / ".build/fuzz"
FUZZER = SCRATCH / "release/fuzz"

# Coverage of edges with counters, and of comparisons: what libFuzzer guides its mutations by.
COVERAGE = "edge,inline-8bit-counters,pc-table,trace-cmp"
# Targets whose time per input grows with its length faster than that of others.
LENGTHS = {"listener": 1024, "output": 1024}
# Dictionaries that several targets use.
DICTIONARIES = {"api": "json", "http-request": "http", "http-response": "http",
                "http-probe": "http", "output": "capture"}
# The exit codes of libFuzzer. A fuzzer that is interrupted has found nothing, but was not done.
RESULTS = {0: "clean", 70: "FAILED: timeout", 71: "FAILED: out of memory",
           72: "FAILED: interrupted by a signal"}
OPTIONS = ["-timeout=20", "-rss_limit_mb=2048", "-len_control=20", "-print_final_stats=1"]


def build():
    command = ["swift", "build", "-c", "release", "--product", "fuzz", "--scratch-path", SCRATCH,
               "-Xswiftc", "-enable-testing", "-Xswiftc", "-sanitize=fuzzer",
               "-Xswiftc", f"-sanitize-coverage={COVERAGE}", "-Xswiftc", "-use-ld=lld"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"ENTRYPOINT_FUZZ": "1"},
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout[-8000:] + done.stderr[-2000:])


def targets():
    return subprocess.run([FUZZER], capture_output=True, text=True, check=True).stdout.split()


def options(target):
    dictionary = HERE / "Dictionaries" / f"{DICTIONARIES.get(target, target)}.dict"
    failures = SCRATCH / "failures" / target
    failures.mkdir(parents=True, exist_ok=True)
    chosen = [*OPTIONS, f"-max_len={LENGTHS.get(target, 4096)}", f"-artifact_prefix={failures}/"]
    return chosen + ([f"-dict={dictionary}"] if dictionary.exists() else [])


def fuzz(target, arguments):
    """The output of one run, and its result."""
    # Without the report of the Swift runtime, which takes seconds; libFuzzer has its own.
    done = subprocess.run([FUZZER, target, *options(target), *arguments], text=True,
                          errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=os.environ | {"SWIFT_BACKTRACE": "enable=no"})
    return done.stdout, RESULTS.get(done.returncode, f"FAILED: exit code {done.returncode}")


def report(target, output, result):
    figures = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", output)
    coverage, features, inputs = figures[-1] if figures else (0, 0, 0)
    runs = re.search(r"number_of_executed_units: (\d+)", output)
    print(f"{target:18}{runs[1] if runs else 0:>11}{coverage:>9}{features:>10}{inputs:>8}  "
          + result, flush=True)
    if result != "clean":
        print("\n".join(line for line in output.splitlines() if re.match(
            rf"{target}: |Fatal|==\d+== ERROR|SUMMARY|.*Test unit written", line)), flush=True)


def run(target, seconds):
    inputs = SCRATCH / "inputs" / target
    inputs.mkdir(parents=True, exist_ok=True)
    output, result = fuzz(
        target, [f"-max_total_time={seconds}", inputs, HERE / "Corpus" / target])
    report(target, output, result)
    return result == "clean"


def main(seconds, *names):
    build()
    if seconds == "0":
        output, result = fuzz(names[0], names[1:])
        print(output)
        sys.exit(result != "clean")
    unknown = set(names) - set(targets())
    if unknown:
        sys.exit(f"unknown targets: {', '.join(sorted(unknown))}")
    print(f"{'target':18}{'executions':>11}{'edges':>9}{'features':>10}{'inputs':>8}  result")
    sys.exit(not all([run(target, seconds) for target in names or targets()]))


main(*sys.argv[1:])
