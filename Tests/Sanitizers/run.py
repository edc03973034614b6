"""Unit tests, the C shim and the end-to-end tests under AddressSanitizer and, for C,
UndefinedBehaviorSanitizer: run.py [unit | end-to-end [TEST...]], both by default.

The release build is static, which the sanitizers do not support: the binary is a debug build, and
its roles run without seccomp(2) and without RLIMIT_AS. A report of a sanitizer fails the run, also
where the test that caused the report has passed.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = ROOT / ".build/sanitize"
REPORTS = pathlib.Path("/tmp/entrypoint-sanitizers")
OPTIONS = ["--scratch-path", SCRATCH, "--sanitize", "address", "-Xswiftc", "-use-ld=lld"]
# Without the report of the Swift runtime: its helper hung in a child that a test lets abort, and the
# sanitizers have reports of their own.
# LeakSanitizer does not know the bits that Swift keeps in the pointers of an enumeration, and reports
# what only constants refer to.
ENVIRONMENT = os.environ | {"ENTRYPOINT_SANITIZE": "1", "SWIFT_BACKTRACE": "enable=no",
                            "ASAN_OPTIONS": "detect_leaks=0"}
UNIT_TEST_SECONDS = "900"
# Suites that take longer than everything else here, and use no memory but Swift's own arrays.
UNIT_LEFT_OUT = {
    "SimulationTests.SequenceTests": "every sequence of events up to a length",
    "ProgramSpecTests.ScheduleOracleTests": "every minute of three years",
}

# End-to-end tests that a sanitized debug build cannot pass, with the reasons.
OWN_FAILURE = "EndToEnd/test_own_failure.py::"
LEFT_OUT = {
    OWN_FAILURE + "test_without_memory_the_reserve_is_used_first_and_then_everything_stops":
        "the reserve of memory is linked into the release build",
    OWN_FAILURE + "test_the_release_build_has_no_such_request": "concerns the release build",
}


def unit():
    for name, reason in UNIT_LEFT_OUT.items():
        print(f"left out: {name}: {reason}", flush=True)
    skips = [word for name in UNIT_LEFT_OUT for word in ("--skip", f"^{name}/")]
    return subprocess.run([ROOT / "Tests/swift-tests", UNIT_TEST_SECONDS, *OPTIONS, *skips],
                          cwd=ROOT, env=ENVIRONMENT).returncode == 0


def end_to_end(tests):
    built = subprocess.run(["swift", "build", "--product", "entrypoint", *OPTIONS], cwd=ROOT,
                           env=ENVIRONMENT, capture_output=True, text=True, errors="replace")
    if built.returncode != 0:
        print((built.stdout + built.stderr)[-6000:])
        return False
    for name, reason in LEFT_OUT.items():
        print(f"left out: {name}: {reason}", flush=True)
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
               "--timeout", "900", "-n", "2", "--dist", "loadfile",
               *(f"--deselect={name}" for name in LEFT_OUT), *(tests or [ROOT / "Tests/EndToEnd"])]
    binary = str(SCRATCH / "debug/entrypoint")
    return subprocess.run(command, cwd=ROOT,
                          env=ENVIRONMENT | {"ENTRYPOINT_BINARY": binary}).returncode == 0


def reports():
    """What the sanitizers found; each file is one process."""
    return sorted(path for path in REPORTS.glob("report.*") if path.stat().st_size)


def main(*arguments):
    REPORTS.mkdir(exist_ok=True)
    REPORTS.chmod(0o1777)
    for path in REPORTS.glob("report.*"):
        path.unlink()
    parts = arguments[:1] or ("unit", "end-to-end")
    passed = [unit() if part == "unit" else end_to_end(arguments[1:]) for part in parts]
    for path in reports():
        print(f"== {path}\n{path.read_text(errors='replace')[:4000]}")
    print(f"{len(reports())} reports of sanitizers")
    sys.exit(not all(passed) or bool(reports()))


main(*sys.argv[1:])
