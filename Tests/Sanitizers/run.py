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
SWIFT = os.environ | {"ENTRYPOINT_SANITIZE": "1"}

# End-to-end tests that a sanitized debug build cannot pass, with the reasons.
LEFT_OUT = {
    "test_memory.py": "measures the memory of the release build",
    "test_rights.py": "requires seccomp(2) and the limits of the roles",
    "test_own_failure.py": "tests the handler of faults of the static binary",
}


def swift(*command):
    done = subprocess.run(["swift", *command, *OPTIONS], cwd=ROOT, env=SWIFT,
                          capture_output=True, text=True, errors="replace")
    return done.stdout + done.stderr, done.returncode == 0


def unit():
    output, passed = swift("test")
    print("\n".join(line for line in output.splitlines() if "Test run with" in line)
          if passed else output[-6000:], flush=True)
    return passed


def end_to_end(tests):
    output, built = swift("build", "--product", "entrypoint")
    if not built:
        print(output[-6000:])
        return False
    tests = tests or sorted(path for path in (ROOT / "Tests/EndToEnd").glob("test_*.py")
                            if path.name not in LEFT_OUT)
    for name, reason in LEFT_OUT.items():
        print(f"left out: {name} {reason}")
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
               "--timeout", "900", "-n", "2", "--dist", "loadfile", *tests]
    binary = str(SCRATCH / "debug/entrypoint")
    return subprocess.run(command, cwd=ROOT,
                          env=os.environ | {"ENTRYPOINT_BINARY": binary}).returncode == 0


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
