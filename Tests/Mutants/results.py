"""What is known of each fault, kept from one run to the next, and the table that shows it."""

import hashlib
import json
import re

from rows import HERE, ROOT

KEPT, TABLE = HERE / "results.json", HERE / "RESULTS.md"
# Of the core's rows, by unit tests and the simulation; and of all rows.
CORE_GOAL, GOAL = 0.95, 0.90
SURVIVED = "survived"


def is_noticed(by):
    return by != SURVIVED and not by.startswith("error")


def deciding_files(mutant, by):
    """The tests on which the result depends: the one that noticed the fault, or all that did not."""
    if found := re.fullmatch(r"end-to-end: (\S+\.py)::.*", by):
        return [ROOT / "Tests" / found[1]]
    if by.startswith("simulation"):
        return sorted((ROOT / "Tests/Simulation").rglob("*.swift"))
    unit = [path for name in mutant.unit for path in sorted((ROOT / "Tests" / name).rglob("*.swift"))]
    if found := re.fullmatch(r"unit: (\w+)\(.*", by):
        noticing = [path for path in unit if f"func {found[1]}(" in path.read_text()]
        return noticing or unit
    return unit + [ROOT / "Tests" / test.partition("::")[0] for test in mutant.tests]


def evidence(mutant, by):
    """A hash of the fault and of the files that the result depends on."""
    sum = hashlib.sha256("\0".join([mutant.file, mutant.old, mutant.new]).encode())
    for path in [ROOT / mutant.file, *deciding_files(mutant, by)]:
        sum.update(path.read_bytes() if path.exists() else b"")
    if not is_noticed(by):
        sum.update("\0".join(mutant.unit + mutant.tests).encode())
    return sum.hexdigest()[:16]


class Results:
    """By the titles of the rows. Each result is saved as soon as it is known."""

    def __init__(self):
        self.kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}

    def by(self, mutant):
        """Who noticed the fault when it was last examined; None where it never was."""
        return self.kept.get(mutant.title, {}).get("by")

    def is_current(self, mutant):
        """Whether nothing that the result depends on has changed since."""
        by = self.by(mutant)
        return by is not None and self.kept[mutant.title]["evidence"] == evidence(mutant, by)

    def keep(self, mutant, by):
        self.kept[mutant.title] = {"by": by, "evidence": evidence(mutant, by)}

    def save(self, mutants):
        titles = sorted(mutant.title for mutant in mutants if mutant.title in self.kept)
        KEPT.write_text(json.dumps({title: self.kept[title] for title in titles}, indent=1) + "\n")

    def bad(self, mutants):
        """The rows that say something is wrong: with the tests, or with the row."""
        known = [(mutant, self.by(mutant)) for mutant in mutants if self.by(mutant)]
        return [f"{mutant.title}: {by}" for mutant, by in known
                if by.startswith("error") or (by == SURVIVED and not mutant.survives)]

    def tally(self, mutants):
        by = [self.by(mutant) for mutant in mutants]
        return sum(map(is_noticed, filter(None, by))), sum(one is not None for one in by)

    def summary(self, mutants):
        for area in sorted({mutant.area for mutant in mutants}):
            noticed, count = self.tally([mutant for mutant in mutants if mutant.area == area])
            yield f"{area}: {noticed} of {count} noticed"
        noticed, count = self.tally(mutants)
        yield f"all: {noticed} of {count} noticed ({noticed / max(1, count):.1%})"
        noticed, count = self.core(mutants)
        yield f"the core's by unit tests and simulation: {noticed} of {count} ({noticed / max(1, count):.1%})"
        unknown = sum(self.by(mutant) is None for mutant in mutants)
        if unknown:
            yield f"not examined: {unknown}"
        changed = sum(self.by(mutant) is not None and not self.is_current(mutant) for mutant in mutants)
        if changed:
            yield f"examined before the last change of the code or of the test: {changed}"

    def core(self, mutants):
        by = [self.by(mutant) for mutant in mutants if mutant.area == "core" and self.by(mutant)]
        return sum(is_noticed(one) and not one.startswith("end-to-end") for one in by), len(by)

    def meet_goals(self, mutants):
        if not all(map(self.is_current, mutants)) or self.bad(mutants):
            return False
        (noticed, count), (core_noticed, core_count) = self.tally(mutants), self.core(mutants)
        return noticed >= GOAL * count and core_noticed >= CORE_GOAL * core_count

    def write_table(self, mutants):
        lines = ["# Which tests notice which fault", "",
                 "`make mutants` writes this table; the rows are in this folder.", "",
                 "| area | fault | noticed by |", "| --- | --- | --- |"]
        for mutant in mutants:
            by = self.by(mutant) or "not examined"
            shown = f"**survived**: {mutant.survives or 'no reason is given'}" if by == SURVIVED else by
            lines.append(f"| {mutant.area} | {mutant.name} | {shown} |")
        lines += ["", *(f"* {line}" for line in self.summary(mutants)), ""]
        TABLE.write_text("\n".join(lines))
