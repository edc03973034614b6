"""The rows of Tests/Mutants fit the code: a row whose old text no longer stands in its file puts in no
fault, and then nothing could notice it."""

import collections
import dataclasses
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Mutants"))
import rows  # noqa: E402

ROWS = rows.rows()


def test_each_row_fits_the_code():
    assert [problem for row in ROWS for problem in row.problems()] == []


def test_there_are_enough_rows_for_each_part():
    counts = collections.Counter(row.area for row in ROWS)
    assert counts.total() >= 80
    assert set(counts) == {"core", "runtime", "logger", "gateway", "configuration"}
    assert min(counts.values()) >= 10


def test_no_two_rows_have_the_same_name():
    counts = collections.Counter((row.area, row.name) for row in ROWS)
    assert [name for name, count in counts.items() if count > 1] == []


def test_a_row_that_does_not_fit_is_an_error():
    first = ROWS[0]
    for change in ({"old": "no such text"}, {"file": "Sources/None.swift"}, {"new": first.old},
                   {"tests": ("EndToEnd/test_none.py",)}, {"unit": ("NoTests",)}, {"unit": (), "tests": ()}):
        assert list(dataclasses.replace(first, **change).problems()), change
