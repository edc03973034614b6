"""Copies of the code in which one fault at a time is built and tested."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

from results import SURVIVED
from rows import ROOT

WORK = ROOT / ".build/mutants"
SEEDS = "150"
BUILD_SECONDS, UNIT_SECONDS, SIMULATION_SECONDS, PYTHON_SECONDS = 1800, 240, 240, 420


def run(command, directory, seconds, **variables):
    """Exit status and output; a command that takes too long is killed with all it has started."""
    process = subprocess.Popen(
        list(map(str, command)), cwd=directory, env={**os.environ, **variables}, text=True,
        errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill_session(process.pid)
        output, _ = process.communicate()
        return "hangs", output
    return process.returncode, output


def kill_session(leader):
    """Every process of the session: `swift test` runs the tests in a process group of its own."""
    for entry in pathlib.Path("/proc").glob("[1-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(entry.name)) == leader:
                os.kill(int(entry.name), signal.SIGKILL)


def dependencies():
    """Of each target of the package, by name."""
    description = json.loads(subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True,
                                            capture_output=True, text=True).stdout)
    return {target["name"]: [one["byName"][0] for one in target["dependencies"]]
            for target in description["targets"]}


class Tree:
    """A copy of the code, with builds of its own."""

    def __init__(self, name, needs):
        self.path = WORK / name
        self.needs = needs
        self.roots = ()
        self.changed = None

    def refresh(self):
        listed = set(subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "Sources", "Tests", "README.md"], cwd=ROOT,
            check=True, capture_output=True, text=True).stdout.splitlines())
        listed = {name for name in listed if (ROOT / name).is_file()}
        for name in listed:
            self.write(name, (ROOT / name).read_bytes())
        for path in [*self.path.glob("Sources/**/*"), *self.path.glob("Tests/**/*")]:
            if path.is_file() and str(path.relative_to(self.path)) not in listed:
                path.unlink()

    def focus(self, roots):
        """Leaves those targets and what they need in the package, so that no other one is built."""
        self.roots = roots
        self.write("Package.swift", (ROOT / "Package.swift").read_bytes() + self.pruning().encode())

    def pruning(self):
        kept, open_names = set(), list(self.roots)
        while open_names:
            name = open_names.pop()
            if name not in kept:
                kept.add(name)
                open_names += self.needs[name]
        names = ", ".join(f'"{name}"' for name in sorted(kept))
        return (f"\nlet kept: Set<String> = [{names}]\n"
                "package.targets = package.targets.filter { kept.contains($0.name) }\n"
                "package.products = package.products.filter { kept.contains($0.name) }\n")

    def write(self, name, data):
        path = self.path / name
        if not path.exists() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def apply(self, mutant):
        """The fault instead of the one before."""
        self.restore()
        path = self.path / mutant.file
        self.changed = (path, path.read_text())
        path.write_text(self.changed[1].replace(mutant.old, mutant.new))

    def restore(self):
        if self.changed:
            self.changed[0].write_text(self.changed[1])
        self.changed = None

    def build(self, *words):
        return run(["swift", "build", *words], self.path, BUILD_SECONDS)


def failed_swift_test(output):
    found = re.search(r"✘ Test (?:case )?(?!run)(\S+).*?(?:failed|recorded an issue)", output)
    return found[1] if found else "a trap" if "Fatal" in output or "crash" in output else "a failure"


def failed_python_test(output):
    found = re.search(r"^(?:FAILED|ERROR) (?:Tests/)?([\w/]+\.py::\w+)", output, re.M)
    return found[1] if found else "a failure"


class Laboratory:
    def __init__(self):
        needs = dependencies()
        self.units = Tree("unit", needs)
        self.binary = Tree("binary", needs)
        # Without a fault: what fails with it too, says nothing.
        self.sound_binary = WORK / "sound-entrypoint"
        # The targets whose tests pass without a fault.
        self.sound_units = set()

    def examine(self, mutant):
        """By whom the fault is noticed, or `survived`."""
        return self.by_swift(mutant) or self.by_python(mutant) or SURVIVED

    def prepare_units(self, mutant):
        roots = tuple(sorted({*mutant.unit, *(["simulate"] if mutant.simulate else [])}))
        if not self.sound_units:
            self.units.refresh()
        if self.units.roots != roots:
            self.units.focus(roots)
        if roots in self.sound_units:
            return
        self.build_sound(self.units, "--build-tests")
        status, output = self.swift_tests(mutant)
        if status != 0:
            sys.exit(f"the unit tests fail without a fault: {failed_swift_test(output)}")
        self.sound_units.add(roots)

    @staticmethod
    def build_sound(tree, *words):
        status, output = tree.build(*words)
        if status != 0:
            sys.exit(f"the code without a fault cannot be built\n{output[-4000:]}")

    def by_swift(self, mutant):
        if not mutant.unit:
            return None
        self.prepare_units(mutant)
        self.units.apply(mutant)
        try:
            status, output = self.units.build("--build-tests")
            if status != 0:
                return self.unusable(output)
            return self.by_unit_tests(mutant) or (self.by_simulation() if mutant.simulate else None)
        finally:
            self.units.restore()

    def by_unit_tests(self, mutant):
        """A test that fails now and then has not noticed the fault: it has to fail again, alone."""
        status, output = self.swift_tests(mutant)
        if status == 0:
            return None
        if status == "hangs":
            return "unit: a test hangs"
        name = failed_swift_test(output)
        if "(" not in name:
            return f"unit: {name}"
        again, _ = self.swift_tests(mutant, only="/" + re.escape(name.partition("(")[0]) + r"\(")
        return f"unit: {name}" if again != 0 else f"error: {name} fails now and then"

    def swift_tests(self, mutant, only=None):
        pattern = only or "|".join(f"^{name}\\." for name in mutant.unit)
        skips = [word for name in mutant.skip for word in ("--skip", name)]
        return run(["swift", "test", "--skip-build", "--filter", pattern, *skips], self.units.path,
                   UNIT_SECONDS, SWIFT_BACKTRACE="enable=no")

    def by_simulation(self):
        simulator = self.units.path / ".build/debug/simulate"
        status, _ = run([simulator, SEEDS, "1"], self.units.path, SIMULATION_SECONDS)
        return None if status == 0 else "simulation: hangs" if status == "hangs" else "simulation"

    def prepare_binary(self, built):
        if self.binary.roots:
            return
        self.binary.refresh()
        self.binary.focus(("entrypoint",))
        self.build_sound(self.binary, "--product", "entrypoint")
        shutil.copy(built, self.sound_binary)

    def by_python(self, mutant):
        if not mutant.tests:
            return None
        built = self.binary.path / ".build/debug/entrypoint"
        self.prepare_binary(built)
        self.binary.apply(mutant)
        try:
            status, output = self.binary.build("--product", "entrypoint")
            if status != 0:
                return self.unusable(output)
            status, output = self.python(mutant.tests, built)
        finally:
            self.binary.restore()
        if status in (0, "hangs"):
            return "end-to-end: a test hangs" if status else None
        failed = failed_python_test(output)
        if "::" in failed and self.python([failed], self.sound_binary)[0] != 0:
            return f"error: {failed} fails without the fault, too"
        return f"end-to-end: {failed}"

    def python(self, tests, binary):
        files = {test.partition("::")[0] for test in tests}
        several = ["-n", "3", "--dist", "loadfile"] if len(files) > 1 else []
        return run([sys.executable, "-m", "pytest", "-x", "-q", "--timeout", "120", *several, *tests],
                   ROOT / "Tests", PYTHON_SECONDS, ENTRYPOINT_BINARY=str(binary), ENTRYPOINT_GATE="0")

    @staticmethod
    def unusable(output):
        errors = [line for line in output.splitlines() if "error:" in line]
        return "error: it cannot be built: " + " ".join(errors[:2])[:300]
