"""Puts small faults into a copy of the code, one at a time, and reports which tests notice each.

The rows are in the TOML files next to this program. A file names the Swift test targets of its rows
(`unit`) and whether the simulation runs (`simulate`); a row may name other targets, and files of
Python tests (`tests`). The tests run in this order until one fails: unit tests, simulation, Python
tests on a debug binary. A row that nothing notices needs `survives`, the reason why this is accepted.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".build/mutants"
RESULTS, TABLE = WORK / "results.json", HERE / "RESULTS.md"
SEEDS = "150"
BUILD_SECONDS, UNIT_SECONDS, SIMULATION_SECONDS, PYTHON_SECONDS = 900, 120, 120, 420
# Of the core's rows, by unit tests and the simulation; and of all rows.
CORE_GOAL, GOAL = 0.95, 0.90
SURVIVED = "survived"


@dataclasses.dataclass(frozen=True)
class Mutant:
    area: str
    name: str
    file: str
    old: str
    new: str
    unit: tuple = ()
    simulate: bool = False
    tests: tuple = ()
    survives: str = ""

    @property
    def digest(self):
        words = [self.name, self.file, self.old, self.new, *self.unit, *self.tests]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]

    def problems(self, root=ROOT):
        """What is wrong with the row itself."""
        path = root / self.file
        text = path.read_text() if path.exists() else ""
        if text.count(self.old) != 1:
            yield f"{self.area}: {self.name}: the old text stands {text.count(self.old)} times in {self.file}"
        if self.old == self.new:
            yield f"{self.area}: {self.name}: the new text is the old one"
        for test in self.tests:
            name, _, function = test.partition("::")
            place = root / "Tests" / name
            if not place.exists() or (function and f"def {function}(" not in place.read_text()):
                yield f"{self.area}: {self.name}: there is no Tests/{test}"
        for target in self.unit:
            if not (root / "Tests" / target).is_dir():
                yield f"{self.area}: {self.name}: there is no Tests/{target}"
        if not (self.unit or self.tests):
            yield f"{self.area}: {self.name}: no test is named that should notice it"


def rows():
    found = []
    for path in sorted(HERE.glob("*.toml")):
        table = tomllib.loads(path.read_text())
        for row in table["mutant"]:
            row.setdefault("unit", table.get("unit", []))
            found.append(Mutant(
                area=path.stem, simulate=table.get("simulate", False),
                **{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}))
    return found


def run(command, directory, seconds, **variables):
    """Exit status and output; a command that takes too long is killed with its children."""
    process = subprocess.Popen(
        list(map(str, command)), cwd=directory, env={**os.environ, **variables}, text=True,
        errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return "hangs", output
    return process.returncode, output


class Tree:
    """A copy of the code with the targets that some tests need, and builds of its own."""

    def __init__(self, name, roots):
        self.path = WORK / name
        self.roots = roots
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
        self.write("Package.swift", (ROOT / "Package.swift").read_bytes() + self.pruning().encode())

    def pruning(self):
        """Swift text that leaves the targets out that nothing here needs."""
        description = json.loads(subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True,
                                                capture_output=True, text=True).stdout)
        needs = {target["name"]: [one["byName"][0] for one in target["dependencies"]]
                 for target in description["targets"]}
        kept, open_names = set(), [name for name in self.roots if name in needs]
        while open_names:
            name = open_names.pop()
            if name not in kept:
                kept.add(name)
                open_names += needs[name]
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
    def __init__(self, mutants):
        self.unit_names = sorted({name for one in mutants for name in one.unit})
        self.units = Tree("unit", [*self.unit_names, "simulate"])
        self.binary = Tree("binary", ["entrypoint"])
        # Without a fault: what fails with it too, says nothing.
        self.sound_binary = WORK / "sound-entrypoint"
        self.are_ready = set()

    def prepare(self, tree, *words):
        tree.refresh()
        status, output = tree.build(*words)
        if status != 0:
            sys.exit(f"the code without a fault cannot be built\n{output[-4000:]}")
        self.are_ready.add(tree)

    def examine(self, mutant):
        """By whom the fault is noticed, or `survived`."""
        return self.by_swift(mutant) or self.by_python(mutant) or SURVIVED

    def by_swift(self, mutant):
        if not mutant.unit:
            return None
        if self.units not in self.are_ready:
            self.prepare(self.units, "--build-tests")
            status, output = self.swift_tests(self.unit_names)
            if status != 0:
                sys.exit(f"the unit tests fail without a fault: {failed_swift_test(output)}")
        self.units.apply(mutant)
        try:
            status, output = self.units.build("--build-tests")
            if status != 0:
                return self.unusable(output)
            status, output = self.swift_tests(mutant.unit)
            if status == "hangs":
                return "unit: a test hangs"
            if status != 0:
                return f"unit: {failed_swift_test(output)}"
            return self.by_simulation() if mutant.simulate else None
        finally:
            self.units.restore()

    def swift_tests(self, names):
        pattern = "|".join(f"^{name}\\." for name in names)
        return run(["swift", "test", "--skip-build", "--filter", pattern], self.units.path, UNIT_SECONDS)

    def by_simulation(self):
        simulator = self.units.path / ".build/debug/simulate"
        status, _ = run([simulator, SEEDS, "1"], self.units.path, SIMULATION_SECONDS)
        return None if status == 0 else "simulation: hangs" if status == "hangs" else "simulation"

    def by_python(self, mutant):
        if not mutant.tests:
            return None
        built = self.binary.path / ".build/debug/entrypoint"
        if self.binary not in self.are_ready:
            self.prepare(self.binary, "--product", "entrypoint")
            shutil.copy(built, self.sound_binary)
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


def load():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def report(mutants, results):
    """The table, and the exit status."""
    lines = ["# Which tests notice which fault", "", "Written by `make mutants`; the rows are in this folder.", "",
             "| area | fault | noticed by |", "| --- | --- | --- |"]
    by_area, core_pure, bad = {}, [0, 0], []
    for mutant in mutants:
        by = results.get(mutant.digest, {}).get("by")
        if by is None:
            lines.append(f"| {mutant.area} | {mutant.name} | not examined |")
            continue
        is_noticed = by != SURVIVED and not by.startswith("error")
        tally = by_area.setdefault(mutant.area, [0, 0])
        tally[0] += is_noticed
        tally[1] += 1
        if mutant.area == "core":
            core_pure[0] += is_noticed and not by.startswith("end-to-end")
            core_pure[1] += 1
        shown = by
        if by == SURVIVED:
            shown = f"**survived**: {mutant.survives or 'no reason is given'}"
        if by.startswith("error") or (by == SURVIVED and not mutant.survives):
            bad.append(f"{mutant.area}: {mutant.name}: {by}")
        lines.append(f"| {mutant.area} | {mutant.name} | {shown} |")
    noticed, count = (sum(tally[index] for tally in by_area.values()) for index in (0, 1))
    summary = [f"{area}: {tally[0]} of {tally[1]} noticed" for area, tally in sorted(by_area.items())]
    share = noticed / max(1, count)
    core = core_pure[0] / max(1, core_pure[1])
    summary.append(f"all: {noticed} of {count} noticed ({share:.1%}); "
                   f"the core's by unit tests and simulation: {core_pure[0]} of {core_pure[1]} ({core:.1%})")
    missing = len(mutants) - count
    if missing:
        summary.append(f"not examined: {missing}")
    text = "\n".join([*lines, "", *(f"* {line}" for line in summary), ""])
    return text, summary, bad, not missing and share >= GOAL and core >= CORE_GOAL


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="a regular expression of names or areas")
    parser.add_argument("--resume", action="store_true", help="keep the results of earlier runs")
    parser.add_argument("--survivors", action="store_true", help="examine again what has survived")
    parser.add_argument("--table", action="store_true", help="write the table although rows are missing")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    options = parser.parse_args()
    everything = rows()
    problems = [problem for mutant in everything for problem in mutant.problems()]
    if problems:
        sys.exit("\n".join(problems))
    WORK.mkdir(parents=True, exist_ok=True)
    results = load() if options.resume or options.survivors or options.only else {}
    end = time.monotonic() + options.seconds
    laboratory = Laboratory(everything)
    is_complete = True
    for mutant in everything:
        before = results.get(mutant.digest, {}).get("by")
        is_wanted = re.search(options.only, f"{mutant.area}: {mutant.name}") and (
            before is None or (options.survivors and (before == SURVIVED or before.startswith("error")))
            or (options.only and not options.resume))
        if not is_wanted:
            continue
        if time.monotonic() > end:
            is_complete = False
            break
        begun = time.monotonic()
        by = laboratory.examine(mutant)
        results[mutant.digest] = {"by": by, "name": mutant.name}
        RESULTS.write_text(json.dumps(results, indent=1))
        print(f"{mutant.area}: {mutant.name}: {by} ({time.monotonic() - begun:.0f} s)", flush=True)
    text, summary, bad, meets_goal = report(everything, results)
    print("\n".join([*summary, *bad]))
    if options.table or (is_complete and all(mutant.digest in results for mutant in everything)):
        TABLE.write_text(text)
    sys.exit(0 if meets_goal and not bad else 1)


if __name__ == "__main__":
    main()
