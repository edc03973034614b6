"""Puts small faults into a copy of the code, one at a time, and reports which tests notice each.

The rows are in the TOML files next to this program. A file names the Swift test targets of its rows
(`unit`) and whether the simulation runs (`simulate`); a row may name other targets, and files of
Python tests (`tests`). The tests run in this order until one fails: unit tests, simulation, Python
tests on a debug binary. A row that nothing notices needs `survives`, the reason why this is accepted.

results.json keeps what is known, so that a run examines only the rows that no run has examined and
those whose file, or whose deciding test, has changed since.
"""

import argparse
import re
import sys
import time

from laboratory import WORK, Laboratory
from results import Results, is_noticed
from rows import rows


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="a regular expression of areas and names")
    parser.add_argument("--again", action="store_true", help="examine what is known, too")
    parser.add_argument("--survivors", action="store_true", help="examine again what nothing has noticed")
    parser.add_argument("--new", action="store_true", help="only what was never examined")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    return parser.parse_args()


def selected(options, everything, results):
    """Rows with the same test targets in a row, since another choice of targets is built anew."""
    for mutant in sorted(everything, key=lambda mutant: (mutant.area, mutant.unit)):
        if not re.search(options.only, mutant.title):
            continue
        by = results.by(mutant)
        is_unknown = by is None or (not options.new and not results.is_current(mutant))
        if options.again or is_unknown or (options.survivors and not is_noticed(by)):
            yield mutant


def main():
    options, everything = arguments(), rows()
    problems = [problem for mutant in everything for problem in mutant.problems()]
    if problems:
        sys.exit("\n".join(problems))
    WORK.mkdir(parents=True, exist_ok=True)
    results, laboratory = Results(), Laboratory()
    end = time.monotonic() + options.seconds
    for mutant in list(selected(options, everything, results)):
        begun = time.monotonic()
        if begun > end:
            break
        by = laboratory.examine(mutant)
        results.keep(mutant, by)
        results.save(everything)
        print(f"{mutant.title}: {by} ({time.monotonic() - begun:.0f} s)", flush=True)
    results.write_table(everything)
    print("\n".join([*results.summary(everything), *results.bad(everything)]))
    sys.exit(not results.meet_goals(everything))


if __name__ == "__main__":
    main()
