"""Prints which share of each target's lines the tests execute, and which functions of PID 1 none does.

Usage: coverage.py [pytest argument]...   (default: Tests/EndToEnd Tests/Security)

PID 1 and the roles end by _exit(2) or by a signal, as other users, without variables, and below
filters of system calls: none of them could write a profile at its end. The counters are therefore in
a file that each process maps when it starts (`%c`), one file for all (`%m`), whose name is compiled
into the binary. It needs no permission that a role lacks: the mapping is made before its rights end.
"""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCRATCH = ROOT / ".build/coverage"
# Outside of the tree, where every user may write; a fixed path, because it is part of the build.
PROFILES = pathlib.Path("/tmp/entrypoint-coverage")
RELOCATION = "-runtime-counter-relocation"
FLAGS = ["--scratch-path", str(SCRATCH), "--enable-code-coverage",
         "-Xcc", f"-fprofile-instr-generate={PROFILES}/%m%c.profraw", "-Xcc", "-fcoverage-mapping",
         "-Xcc", "-mllvm", "-Xcc", RELOCATION, "-Xswiftc", "-Xllvm", "-Xswiftc", RELOCATION]
BINARY = SCRATCH / "debug/entrypoint"
RUNTIME = "Sources/Supervise/Kernel/"
# Those of the toolchain: the format of profiles changes with its version.
TOOLS = pathlib.Path(shutil.which("swift") or "/usr/bin/swift").resolve().parent


def must(*command, **options):
    done = subprocess.run(list(map(str, command)), cwd=ROOT, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{(done.stdout or '')[-4000:]}")
    return done.stdout


def build():
    must("swift", "build", "--build-tests", *FLAGS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def prepare():
    PROFILES.mkdir(exist_ok=True)
    PROFILES.chmod(0o1777)
    for path in PROFILES.glob("*.profraw"):
        path.unlink()
    # Makes the file, which processes of all users then share.
    must(BINARY, "--version", stdout=subprocess.DEVNULL)
    for path in PROFILES.glob("*.profraw"):
        path.chmod(0o666)


def run_tests(arguments):
    """Failures do not matter here: the debug binary is slow, and coverage is no gate."""
    unit = subprocess.run([str(ROOT / "Tests/swift-tests"), "900", "--skip-build", *FLAGS], cwd=ROOT)
    python = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "3", "--dist", "loadfile", *arguments], cwd=ROOT,
        env={**os.environ, "ENTRYPOINT_BINARY": str(BINARY), "ENTRYPOINT_GATE": "0"})
    for name, done in (("unit tests", unit), ("tests on real processes", python)):
        if done.returncode != 0:
            print(f"note: some {name} failed")


def exported():
    """llvm-cov's report of files and functions."""
    profiles = [*PROFILES.glob("*.profraw"), *SCRATCH.glob("*/debug/codecov/*.profraw")]
    merged = PROFILES / "all.profdata"
    must(TOOLS / "llvm-profdata", "merge", "-failure-mode=all", "-o", merged, *profiles,
         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    bundle = next((SCRATCH / "debug").glob("*.xctest"))
    text = must(TOOLS / "llvm-cov", "export", "-instr-profile", merged, BINARY, "-object", bundle,
                "-skip-expansions", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(text)["data"][0]


def target(path):
    """The part of the code that a file belongs to: its target's folder."""
    parts = path.split("/")
    if parts[1] in ("Supervise", "Entrypoint"):
        return "/".join(parts[:4] if "Protocol" in parts[3:4] else parts[:3])
    return "/".join(parts[:2])


def relative(name):
    return str(pathlib.Path(name).relative_to(ROOT)) if name.startswith(str(ROOT)) else name


def print_targets(files):
    lines = collections.defaultdict(lambda: [0, 0])
    for file in files:
        path = relative(file["filename"])
        if path.startswith("Sources/"):
            for key in (target(path), "all"):
                lines[key][0] += file["summary"]["lines"]["covered"]
                lines[key][1] += file["summary"]["lines"]["count"]
    print(f"{'target':<42} {'lines':>7} {'executed':>9}")
    for name, (covered, count) in sorted(lines.items()):
        print(f"{name:<42} {count:>7} {covered / max(1, count):>8.1%}")


def print_unexecuted(functions):
    """Each function of PID 1 that no test has executed. Implicit closures are only counted: they are
    the right operands of `??`, `&&` and `||`."""
    counts = collections.Counter()
    places = {}
    for function in functions:
        path = relative(function["filenames"][0])
        if path.startswith(RUNTIME):
            name = function["name"].split(":")[-1]
            counts[name] += function["count"]
            places[name] = (path, function["regions"][0][0])
    missing = sorted((places[name], name) for name, count in counts.items() if count == 0)
    names = must("swift", "demangle", "--simplified", "--compact", input="\n".join(name for _, name in missing),
                 stdout=subprocess.PIPE).splitlines()
    shown = [(path, line, name) for ((path, line), _), name in zip(missing, names)
             if "implicit closure" not in name]
    print(f"\nfunctions of PID 1 that no test has executed: {len(shown)} of {len(counts)}, and "
          f"{len(missing) - len(shown)} implicit closures")
    for path, line, name in shown:
        print(f"{path}:{line}: {name}")


def main():
    build()
    prepare()
    run_tests(sys.argv[1:] or ["Tests/EndToEnd", "Tests/Security"])
    data = exported()
    print_targets(data["files"])
    print_unexecuted(data["functions"])


if __name__ == "__main__":
    main()
