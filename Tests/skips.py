"""Reads Tests/skips.tsv: which tests may be skipped, for which reason.

Columns: a pattern of test names (fnmatch), a pattern of the reason that the test gives, and why the
skip is acceptable in the gate. Python's and Swift's tests use the same list.
"""

import fnmatch
import pathlib

TABLE = pathlib.Path(__file__).with_name("skips.tsv")


def rows():
    lines = TABLE.read_text().splitlines()[1:]
    return [tuple(line.split("\t")) for line in lines if line]


def is_listed(name, reason):
    # Not fnmatch(): names of parametrized tests contain brackets and slashes.
    return any(fnmatch.fnmatchcase(name, test) and fnmatch.fnmatchcase(reason, words)
               for test, words, _ in rows())
